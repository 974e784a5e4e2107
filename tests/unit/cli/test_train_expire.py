"""mdafilter train expire: says what would go; with --execute it is gone, and the file is smaller."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from mdafilter import limits
from mdafilter.cli.train_expire import command, octets
from mdafilter.scorers import bayes
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import Known, Totals, Whole
from tests.support.commandline import NOBODY, invoke
from tests.support.counts import as_root, configured, for_each


def filled(path: Path) -> None:
    rows = {number * 1000: (1, 0, 20_000 + number % 50, 0) for number in range(50_000)}
    store = Sqlite(str(path), 5, write=True)
    store.replace(Whole(Totals(9, 9, 9, 9), rows, {1: Known(True, True, 20_000)}), over=False)
    store.close()


def test_without_execute_it_only_tells(tmp_path: Path) -> None:
    config = configured(tmp_path, f"{tmp_path}/bayes.db")
    filled(tmp_path / "bayes.db")
    before = (tmp_path / "bayes.db").read_bytes()
    done = invoke(tmp_path, "train", "expire", "--max-size", "200K", "-c", config)
    assert done.exit_code == 0, done.output
    assert "tokens would be removed" in done.output and "0 messages would be forgotten" in done.output
    assert done.output.endswith("Nothing was removed: say --execute.\n")
    assert (tmp_path / "bayes.db").read_bytes() == before


def test_with_execute_the_file_is_smaller(tmp_path: Path) -> None:
    config = configured(tmp_path, f"{tmp_path}/bayes.db")
    filled(tmp_path / "bayes.db")
    size = (tmp_path / "bayes.db").stat().st_size
    told = invoke(tmp_path, "train", "expire", "--max-size", "200K", "-c", config).output.splitlines()[1].split()[0]
    done = invoke(tmp_path, "train", "expire", "--max-size", "200K", "--execute", "-c", config)
    assert done.exit_code == 0, done.output
    assert f"{told} tokens removed" in done.output and "--execute" not in done.output
    assert (tmp_path / "bayes.db").stat().st_size < 200 * 1024 < size
    assert bayes.counts(bayes.Options(path=f"{tmp_path}/bayes.db")) == (9, 9)
    assert invoke(tmp_path, "train", "expire", "-c", config).output.splitlines()[1].split()[0] == "0"


def test_where_there_is_nothing(tmp_path: Path) -> None:
    config = configured(tmp_path, f"{tmp_path}/bayes.db")
    done = invoke(tmp_path, "train", "expire", "--execute", "-c", config)
    assert done.exit_code == 1 and "nothing is learned there" in done.output
    assert not (tmp_path / "bayes.db").exists()


def test_sizes() -> None:
    assert [octets(None, None, text) for text in ("", "812", "3K", "10M", "1G")] == [0, 812, 3072, 10 << 20, 1 << 30]
    for text in ("0", "-1", "10 M", "1T", "x", "1.5M"):
        with pytest.raises(click.BadParameter):
            octets(None, None, text)


def test_its_help_says_the_limit() -> None:
    assert f"{limits.BAYES_KNOWN:,}" in (command.help or "")


def test_root_does_it_as_their_user() -> None:
    with for_each() as (config, path):
        filled(path)
        for file in path.parent.iterdir():
            file.chmod(0o666)
        done = as_root("train", "expire", "-c", config, "-u", "nobody", "--max-size", "200K", "--execute")
        assert done.returncode == 0, done.stderr
        assert path.stat().st_size < 200 * 1024
        path.chmod(0o600)  # root's: as nobody it cannot be opened
        assert path.stat().st_uid != NOBODY
        done = as_root("train", "expire", "-c", config, "-u", "nobody", "--execute")
        assert done.returncode == 1
