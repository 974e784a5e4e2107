"""mdafilter train import: all or nothing, never over counts that are there, with the rights of whose they are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mdafilter.cli.train_import import lines
from mdafilter.scorers import bayes
from tests.support import policyd_store
from tests.support.bayesmail import spam, taught
from tests.support.commandline import NOBODY, invoke
from tests.support.counts import as_root, configured, for_each


@pytest.fixture
def config(tmp_path: Path) -> str:
    return configured(tmp_path, f"{tmp_path}/bayes.db")


@pytest.fixture
def exported(tmp_path: Path) -> list[str]:
    """Lines of counts of 3 and 3 messages, in the file `counts`."""
    found = list(bayes.export(taught(bayes.Options(path=f"{tmp_path}/old.db"), 3)))
    (tmp_path / "counts").write_text("".join(f"{line}\n" for line in found))
    return found


def test_what_was_exported_is_there(tmp_path: Path, config: str, exported: list[str]) -> None:
    done = invoke(tmp_path, "train", "import", str(tmp_path / "counts"), "-c", config)
    assert done.exit_code == 0, done.output
    many = sum(line.startswith("token ") for line in exported)
    assert done.output == f"{tmp_path}/bayes.db: {many} tokens of 3 spam and 3 ham messages\n"
    assert list(bayes.export(bayes.Options(path=f"{tmp_path}/bayes.db"))) == exported


def test_counts_that_are_there_are_lost_only_by_replace(tmp_path: Path, config: str, exported: list[str]) -> None:
    made = bayes.Options(path=f"{tmp_path}/bayes.db")
    bayes.learn(spam(77), "spam", made)
    text = (tmp_path / "counts").read_bytes()
    done = invoke(tmp_path, "train", "import", "-c", config, data=text)
    assert done.exit_code == 1
    assert "bayes.db has learned 1 spam and 0 ham, which would be lost" in done.output and "--replace" in done.output
    assert bayes.counts(made) == (1, 0)
    assert invoke(tmp_path, "train", "import", "--replace", "-c", config, data=text).exit_code == 0
    assert list(bayes.export(made)) == exported


def test_a_wrong_line_is_told_and_nothing_changes(tmp_path: Path, config: str, exported: list[str]) -> None:
    exported[4] = "token \x1b[2J"
    (tmp_path / "counts").write_text("\n".join(exported))
    done = invoke(tmp_path, "train", "import", str(tmp_path / "counts"), "-c", config)
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {tmp_path}/counts:5: no line of an export of the counts: ")
    assert "\x1b" not in done.output and "make it anew with mdafilter train export" in done.output
    done = invoke(tmp_path, "train", "import", "-c", config, data=b"\xff\0junk" * 10000)
    assert done.exit_code == 1 and "standard input:1: no line" in done.output
    done = invoke(tmp_path, "train", "import", "-c", config)
    assert done.exit_code == 1 and "standard input:1: the export is empty" in done.output
    done = invoke(tmp_path, "train", "import", str(tmp_path / "none"), "-c", config)
    assert done.exit_code == 1 and "none: No such file" in done.output
    assert not (tmp_path / "bayes.db").exists()


def test_no_line_is_long() -> None:
    assert max(map(len, lines(io.BytesIO(b"x" * 1_000_000)))) <= 200


def test_from_a_file_into_redis(tmp_path: Path, exported: list[str]) -> None:
    if policyd_store.missing():
        pytest.skip(policyd_store.missing())
    with policyd_store.server() as server:
        config = configured(tmp_path, f"redis+unix:{server.socket}")
        for user in ("bob@example.org", "eve"):  # over the network a user is a name
            done = invoke(tmp_path, "train", "import", str(tmp_path / "counts"), "-c", config, "-u", user)
            assert done.exit_code == 0, done.output
            assert done.output.startswith(f"Redis ({user}): ")
        done = invoke(tmp_path, "train", "export", "-c", config, "-u", "eve")
        assert sorted(done.output.splitlines()) == sorted(exported)
        done = invoke(tmp_path, "train", "import", str(tmp_path / "counts"), "-c", config, "-u", "eve")
        assert done.exit_code == 1 and "Redis (eve) has learned 3 spam and 3 ham" in done.output


def test_root_writes_them_as_their_user(exported: list[str]) -> None:
    text = "".join(f"{line}\n" for line in exported).encode()
    with for_each() as (config, path):
        done = as_root("train", "import", "-c", config, data=text)
        assert done.returncode == 1 and "say --user NAME" in done.stderr
        done = as_root("train", "import", "-c", config, "-u", "nobody", data=text)
        assert done.returncode == 0, done.stderr
        assert {(file.stat().st_uid, file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {
            (NOBODY, 0o600)
        }
        assert as_root("train", "export", "-c", config, "-u", "nobody").stdout.splitlines() == exported
