"""SIGKILL at random moments of a process that moves stored mail: each message is there once, a next run finishes, and
the journal tells of no move that has not happened, nor of any that it does not know."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import rulebook
from mdafilter.journal import Entry, Journal, read
from mdafilter.message import Envelope
from mdafilter.outside import Outside
from mdafilter.pipeline import Setup
from mdafilter.refiling import crew
from mdafilter.refiling.fate import MOVES, Fate
from mdafilter.refiling.judging import Judge
from mdafilter.refiling.moving import Move, Mover
from mdafilter.refiling.stored import listed
from mdafilter.settings import Settings
from mdafilter.targets import Mailbox
from mdafilter.train import Report
from mdafilter.train.folders import Roles
from mdafilter.train.watch import Task, Watcher
from tests.support.processes import child, pause, status

KILLS = int(os.environ.get("MDAFILTER_KILLS", "30"))
MESSAGES = 300
FOLDERS = 7
HEAD = """require ["fileinto", "mailbox", "imap4flags"];\n"""
RULE = 'if header :contains "subject" "kind %d." { fileinto :create :flags "\\\\Flagged" "%s"; }\n'


@pytest.fixture
def home() -> Iterator[Path]:
    """In memory, where there is such a place: the moves of each turn are synced, and what a kill leaves is the same."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


def rules(home: Path, turn: int) -> Judge:
    """Each turn wants each kind of message in another folder."""
    path = home / f"r{turn}.sieve"
    folders = [f"f{(kind + turn) % FOLDERS}" if kind + turn else "Junk" for kind in range(FOLDERS)]
    path.write_text(HEAD + "".join(RULE % pair for pair in enumerate(folders)))
    path.chmod(0o600)
    settings, root = Settings(), f"{home}/Maildir"
    book = rulebook.load(settings, str(home), (str(path),))
    setup = Setup(settings, book, root, str(home), Journal(f"{home}/journal", syslog=False), "", {})
    return Judge(setup, Outside(settings, Envelope(), root, False, False, str(home), {}), "ann")


def moves(judge: Judge) -> list[Move]:
    stored = list(listed(judge.setup.mailbox, None))
    found = ((one, Fate(*said)) for one, said in zip(stored, crew.each(stored, judge.fate, 2), strict=True) if said)
    return [Move(one, what) for one, what in found if what.kind == MOVES]


def refile(judge: Judge) -> int:
    mover = Mover(Mailbox(judge.setup.mailbox), judge.setup.journal)
    return int(any(done.why_not for done in mover.run(moves(judge))))


def messages(root: Path) -> dict[str, tuple[bytes, float, str]]:
    """Content, time and flags by base name; each once."""
    found: dict[str, tuple[bytes, float, str]] = {}
    for path in root.rglob("*/*"):
        if path.parent.name in ("cur", "new"):
            base, _, flags = path.name.partition(":2,")
            assert base not in found, "it is there twice"
            found[base] = (path.read_bytes(), os.stat(path).st_mtime, flags.replace("F", ""))
    return found


def where(root: Path) -> dict[str, str]:
    """The folder of each base."""
    cur = (path for path in root.rglob("*/*") if path.parent.name in ("cur", "new"))
    found = ((path.name.partition(":2,")[0], path.parent.parent) for path in cur)
    return {base: "INBOX" if folder == root else folder.name[1:] for base, folder in found}


def last_told(path: Path) -> dict[str, Entry]:
    """The latest line of each base."""
    told: dict[str, Entry] = {}
    for fact in read.facts(str(path)):
        assert isinstance(fact, Entry)
        told.setdefault(fact.acts[0].name.partition(":2,")[0], fact)
    return told


def agrees(home: Path, *, whole: bool) -> None:
    """The journal with the folders; `whole`: nothing is left untold."""
    lies = where(home / "Maildir")
    for base, entry in last_told(home / "journal").items():
        folder = entry.acts[0].to
        match entry.status:
            case "refiled":
                assert lies[base] == folder
            case "unmoved":
                assert lies[base] != folder
            case _:
                assert entry.status == "refiling" and not whole
                assert lies[base] in (folder, entry.notes[0].removeprefix("moved from "))


def test_a_killed_run_loses_nothing_and_doubles_nothing_and_the_next_one_finishes(home: Path) -> None:
    root, rnd = home / "Maildir", random.Random(1)
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True)
    for number in range(MESSAGES):
        name = f"cur/{number}.M1P1.host:2,{rnd.choice(('', 'S', 'RS'))}" if number % 3 else f"new/{number}.M1P1.host"
        (root / name).write_text(f"Subject: {number} kind {number % FOLDERS}.\n\nbody of {number}\n")
        os.utime(root / name, (1_600_000_000 + number,) * 2)
    before = messages(root)
    watched: list[str] = []
    task = Task(str(root), Roles(("Junk", "f0"), ("Trash",)), "ann", (f"{home}/journal",))

    def write(report: Report) -> None:
        watched.append(report.verdict)

    watcher = Watcher(task, write)
    watcher.round()
    killed, usual = 0, 0.4
    for turn in range(20 * KILLS):
        if killed >= KILLS:
            break
        judge = rules(home, turn)
        pid = child(lambda judge=judge: refile(judge))  # type: ignore[misc]
        pause(rnd.uniform(0, usual))
        os.kill(pid, signal.SIGKILL)
        killed += status(pid) != 0
        assert messages(root) == before
        agrees(home, whole=False)
        list(Mover(Mailbox(str(root)), judge.setup.journal).run([]))
        agrees(home, whole=True)
        began = time.perf_counter()
        assert refile(judge) == 0
        usual = max(time.perf_counter() - began, 0.01)
        agrees(home, whole=True)
        assert messages(root) == before
        assert moves(judge) == []
        watcher.round()
        os.rename(home / "journal", home / "journal.1")  # as logrotate(8) does: what a turn has to read is its own
    watcher.close()
    assert killed >= KILLS, "too few were killed for the test to mean something"
    assert watched == [], "no reader has moved anything"
