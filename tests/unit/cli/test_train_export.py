"""mdafilter train export: the counts as lines, with the rights of the user whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.scorers import bayes
from tests.support.bayesmail import taught
from tests.support.commandline import invoke
from tests.support.counts import as_root, configured, for_each, run


@pytest.fixture
def config(tmp_path: Path) -> str:
    return configured(tmp_path, f"{tmp_path}/bayes.db")


def test_it_is_what_the_scorer_exports(tmp_path: Path, config: str) -> None:
    made = taught(bayes.Options(path=f"{tmp_path}/bayes.db"), 3)
    done = invoke(tmp_path, "train", "export", "-c", config)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == list(bayes.export(made))
    assert done.stdout.startswith("mdafilter-bayes ") and "\nend " in done.stdout


def test_where_there_is_nothing(tmp_path: Path, config: str) -> None:
    done = invoke(tmp_path, "train", "export", "-c", config)
    assert done.exit_code == 1
    assert done.output == f"Error: {tmp_path}/bayes.db: nothing is learned there\n"
    assert not (tmp_path / "bayes.db").exists()


def test_a_disk_that_is_full_is_told_and_what_is_there_is_not_imported(tmp_path: Path, config: str) -> None:
    made = taught(bayes.Options(path=f"{tmp_path}/bayes.db"), 3)
    with open("/dev/full", "w") as full:
        done = run(tmp_path, "train", "export", "-c", config, stdout=full)
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device\n")
    text = "\n".join(bayes.export(made))
    cut = invoke(tmp_path, "train", "import", "-c", config, "--replace", data=text[: len(text) // 2].encode())
    assert cut.exit_code == 1
    assert list(bayes.export(made)) == text.splitlines()


def test_counts_of_all_are_nobodys_own(tmp_path: Path, config: str) -> None:
    done = invoke(tmp_path, "train", "export", "-c", config, "--user", "nobody")
    assert done.exit_code == 1
    assert "all users have the same counts" in done.output


def test_root_reads_them_as_their_user() -> None:
    with for_each() as (config, path):
        assert "nothing is learned there" in as_root("train", "export", "-c", config, "--user", "nobody").stderr
        path.symlink_to("/etc/shadow")
        done = as_root("train", "export", "-c", config, "--user", "nobody")
        assert done.returncode == 1
        assert done.stderr == f"Error: bayes: {path}: unable to open database file\n"
