"""[train] teacher = ["spamd"]: reports in the spool, a real spamd with --allow-tell, `mdafilter train learn` and `undo`.

The witness is `sa-learn --dump magic` on spamd's database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter.train import Report, door, spool
from tests.support import salearn, spamd
from tests.support.house import ROOT
from tests.support.spamd import magic
from tests.support.training import BOB, forward, mail

pytestmark = [
    pytest.mark.skipif(bool(spamd.missing()), reason=spamd.missing() or "spamd is here"),
    pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing() or "sa-learn is here"),
]


class Site:
    """A configuration with a spool and bob's Maildir, whose teacher is spamd."""

    def __init__(self, folder: Path, host: str) -> None:
        self.new = folder / "mail" / "bob" / "new"
        self.new.mkdir(parents=True)
        self.spool = f"{folder}/spool"
        spool.make(self.spool)
        self.config = folder / "mdafilter.toml"
        self.config.write_text(
            f'maildir = "{folder}/mail/%n"\n[train]\nspool = "{self.spool}"\nstate = "{folder}/state"\n'
            f'door_users = ["{os.geteuid()}"]\nteacher = ["spamd"]\n'
            f'[spamd]\nhosts = ["{host}"]\nretries = 0\n'
        )

    def report(self, number: int, verdict: str = "spam") -> None:
        """Bob has got the message of that number, and forwards it as an attachment."""
        (self.new / f"1795255200.{number}.host").write_bytes(mail(number))
        door.write(self.spool, Report(verdict, "alias", BOB, forward(mail(number))))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mdafilter.cli.main", "train", *words, "-c", str(self.config)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def learn(self) -> str:
        done = self.run("learn")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in reversed(self.run("status", "--json").stdout.splitlines())]

    def waiting(self) -> int:
        return len(os.listdir(self.spool))


def test_learned_and_on_the_other_side_and_forgotten(tmp_path: Path) -> None:
    with spamd.real() as (host, folder):
        site = Site(tmp_path, host)
        assert magic(folder) == (0, 0)
        for number in (1, 2, 3):
            site.report(number)
        assert site.learn() == "3 learned\n"
        assert magic(folder) == (3, 0)
        site.report(1, "ham")
        site.report(2)
        assert site.learn() in ("1 known, 1 changed\n", "1 changed, 1 known\n")
        assert magic(folder) == (2, 1)
        [changed] = [line for line in site.lines() if line["result"] == "changed"]
        assert (changed["teacher"], changed["database"], changed["verdict"]) == ("spamd", "site", "ham")
        assert site.run("undo", str(changed["id"])).returncode == 0
        assert magic(folder) == (2, 0)
        site.report(1)
        assert site.learn() == "1 learned\n"
        assert magic(folder) == (3, 0)
        assert site.waiting() == 0


def test_while_spamd_is_down_the_reports_wait(tmp_path: Path) -> None:
    """None is lost, none is learned twice, and each comes again."""
    with spamd.real() as (host, folder):
        site = Site(tmp_path, host)
        site.report(1)
        assert site.learn() == "1 learned\n"
        assert magic(folder) == (1, 0)
    site.report(2)
    site.report(3, "ham")
    for _ in range(2):
        done = site.run("learn")
        assert done.returncode == 1
        assert "2 failed; 2 reports stay: " in done.stdout
        assert site.waiting() == 2
    assert [line["result"] for line in site.lines()] == ["learned", "failed", "failed"]
    with spamd.real(again=host) as (_, folder):
        assert site.learn() == "2 learned\n"
        assert magic(folder) == (1, 1)
    assert site.waiting() == 0
    assert [line["result"] for line in site.lines()] == ["learned"] * 3


def test_one_that_does_not_allow_it_leaves_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """spamd(1), --allow-tell: "By default, spamd does not allow it"; and the reason says what to do."""
    monkeypatch.setattr(spamd, "TELL", ())
    with spamd.real() as (host, folder):
        site = Site(tmp_path, host)
        site.report(1)
        done = site.run("learn")
        assert done.returncode == 1
        assert "--allow-tell" in done.stdout
        assert magic(folder) == (0, 0)
        assert site.waiting() == 1
