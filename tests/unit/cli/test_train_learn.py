"""mdafilter train learn: the folders that it makes, what it prints, and how it ends. With the real sa-learn: tests/e2e."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from click.testing import CliRunner, Result

from mdafilter.cli.train_learn import command, login, summary
from mdafilter.train import Report, door, spool
from mdafilter.train.learn import Done
from mdafilter.train.lock import Lock
from tests.support.training import BOB, forward, mail


def run(folder: Path, *words: str, teacher: str = "sa-learn") -> Result:
    config = folder / "mdafilter.toml"
    config.write_text(
        f'maildir = "{folder}/mail/%n"\n[train]\nspool = "{folder}/spool/train"\nstate = "{folder}/state"\n'
        f'door_users = ["{os.geteuid()}"]\nteacher = ["{teacher}"]\nsa_learn = ["{folder}/none"]\n'
        f'[bayes]\npath = "{folder}/bayes.db"\n'
    )
    return CliRunner().invoke(command, [*words, "-c", str(config)])


def report(folder: Path) -> None:
    new = folder / "mail/bob/new"
    new.mkdir(parents=True)
    (new / "1.1.host").write_bytes(mail(1))
    spool.make(f"{folder}/spool/train")
    door.write(f"{folder}/spool/train", Report("spam", "alias", BOB, forward(mail(1))))


def test_the_first_time_it_makes_its_folders(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.exit_code, result.output) == (0, "")
    assert stat.S_IMODE((tmp_path / "spool/train").stat().st_mode) == spool.MODE
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_what_is_learned(tmp_path: Path) -> None:
    report(tmp_path)
    result = run(tmp_path, "--once", teacher="bayes")
    assert (result.exit_code, result.output) == (0, "1 learned\n")


def test_what_has_to_stay(tmp_path: Path) -> None:
    report(tmp_path)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "1 report stays" in result.output
    assert "cannot be started: No such file" in result.output


def test_another_is_at_work(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with Lock(f"{tmp_path}/state"):
        result = run(tmp_path)
    assert result.exit_code == 0
    assert "another learner is at work" in result.output


def test_a_batch_in_a_line() -> None:
    assert summary(Done(("learned", "known", "learned"), 3)) == "2 learned, 1 known"
    assert summary(Done(("failed",), 0, 2, "no room")) == "1 failed; 2 reports stay: no room"


def test_the_name_of_a_number() -> None:
    assert login(0) == "root"
    assert login(-1) == login(2**40) == ""
