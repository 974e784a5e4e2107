"""Reports in the spool, the real sa-learn, `mdafilter train learn`: counted by `sa-learn --dump magic`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.train import Report, door, spool
from mdafilter.train.teachers import Counts
from tests.support import salearn, spamd
from tests.support.house import ROOT
from tests.support.training import BOB, forward, mail

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing() or "it is here")]


class Site:
    """A configuration with a spool, bob's Maildir, and a sa-learn that counts its starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.new = folder / "mail" / "bob" / "new"
        self.new.mkdir(parents=True)
        program, self.starts = salearn.counting(folder, salearn.command(folder))
        self.spool = f"{folder}/spool"
        spool.make(self.spool)
        self.config = folder / "mdafilter.toml"
        self.config.write_text(
            f'maildir = "{folder}/mail/%n"\n[train]\nspool = "{self.spool}"\nstate = "{folder}/state"\n'
            f'door_users = ["{os.geteuid()}"]\nteacher = ["sa-learn"]\nsa_learn = ["{program}"]\nlate = 0.05\n'
        )

    def report(self, number: int, verdict: str = "spam") -> None:
        """Bob has got the message of that number, and forwards it as an attachment."""
        (self.new / f"1795255200.{number}.host").write_bytes(mail(number))
        door.write(self.spool, Report(verdict, "alias", BOB, forward(mail(number))))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mdafilter.cli.main", "train", *words, "-c", str(self.config)]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command("learn", *words), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def learn(self) -> str:
        done = subprocess.run(self.command("learn"), cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def started(self) -> int:
        return len(self.starts.read_text().splitlines())

    def counts(self) -> Counts | None:
        return salearn.real(self.folder).counts()

    def lines(self) -> list[dict[str, object]]:
        command = self.command("status", "--json", "-n", "10000")
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in reversed(done.stdout.splitlines())]

    def waiting(self) -> list[str]:
        return os.listdir(self.spool)


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="learn-") as name:
        Path(name).chmod(0o755)
        yield Site(Path(name))


def test_a_hundred_reports_are_one_start_of_Perl(site: Site) -> None:
    for number in range(100):
        site.report(number)
    assert site.counts() is None  # nothing is learned yet
    assert site.learn() == "100 learned\n"
    assert site.started() == 1
    assert site.counts() == Counts(100, 0)
    assert site.waiting() == []
    lines = site.lines()
    assert sorted((line["before_spam"], line["after_spam"]) for line in lines) == [(n, n + 1) for n in range(100)]
    assert {(line["reporter"], line["how"], line["database"]) for line in lines} == {("bob", "sasl", "site")}


def test_once_more_and_the_other_side_and_back(site: Site) -> None:
    site.report(1)
    site.report(2)
    site.learn()
    site.report(1, "ham")
    site.report(2)
    assert site.learn() == "1 known, 1 changed\n"
    assert site.counts() == Counts(1, 1)
    [changed] = [line for line in site.lines() if line["result"] == "changed"]
    done = subprocess.run(
        site.command("undo", str(changed["id"])), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert site.counts() == Counts(1, 0)


def test_GTUBE_never_reaches_sa_learn(site: Site) -> None:
    (site.new / "1795255200.0.host").write_bytes(spamd.SPAM)
    door.write(site.spool, Report("spam", "alias", BOB, forward(spamd.SPAM)))
    assert site.learn() == "1 refused\n"
    assert site.started() == 0
    assert "GTUBE" in str(site.lines()[0]["why"])


def test_a_second_learner_leaves_at_once(site: Site) -> None:
    for number in range(60):
        site.report(number)
    (site.folder / "hold").touch()
    with site.start() as first:
        until = time.monotonic() + 60
        while not site.started() and time.monotonic() < until:
            time.sleep(0.01)
        assert "another learner is at work" in site.learn()
        (site.folder / "hold").unlink()
        assert first.wait() == 0
    assert site.counts() == Counts(60, 0)
    assert site.started() == 1


def test_one_that_stays_learns_what_comes_and_ends_when_told(site: Site) -> None:
    with site.start("--wait") as service:
        assert service.stdout is not None
        for number in (1, 2):
            site.report(number)
            assert service.stdout.readline() == b"1 learned\n"
        service.send_signal(signal.SIGTERM)
        assert service.wait() == 0
    assert site.counts() == Counts(2, 0)
    assert site.waiting() == []
