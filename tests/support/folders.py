"""A Maildir as readers, clients and the filter change it, for tests of what watches it."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from mdafilter import journal
from mdafilter.train import Report
from mdafilter.train.folders import Roles, base
from mdafilter.train.listing import folders
from mdafilter.train.watch import Task, Watcher

ROLES = Roles(("Junk",), ("Trash",))
FOLDERS = ("", "Junk", "Junk.old", "Trash", "Lists")
NAMES = itertools.count(1)
NOW = 1790000000


def ours() -> str:
    """A name as a delivery gives it (targets/naming.py)."""
    number = next(NAMES)
    return f"{NOW + number}.M{number}P7Q{number}_{number:08x}.host,S=99"


def theirs() -> str:
    """A name as an IMAP server gives it."""
    number = next(NAMES)
    return f"{NOW + number}.M{number}P8.host,S=99,W=101"


def raw(number: int, folder: str = "") -> bytes:
    """A message as it was delivered into a folder."""
    label = f"X-Mdafilter: {folder}; rule x:1\n" if folder else ""
    head = f"{label}Received: by mx; id {number:010X}\nMessage-ID: <{number}@example.org>\nSubject: {number}\n"
    return f"{head}\nbody of {number}\n".encode()


class Maildir:
    """The Maildir, and its journal."""

    def __init__(self, top: Path) -> None:
        self.root = top / "Maildir"
        self.log = str(top / "journal.jsonl")
        for folder in FOLDERS:
            for part in ("cur", "new", "tmp"):
                (self.at(folder) / part).mkdir(parents=True)

    def at(self, folder: str) -> Path:
        return self.root / f".{folder}" if folder else self.root

    def deliver(self, number: int, folder: str = "", told: bool = True) -> Path:
        """The filter files a message."""
        path = self.at(folder) / "new" / ours()
        path.write_bytes(raw(number, folder))
        if told:
            act = journal.Filed("file" if folder else "keep", folder or "INBOX", name=path.name)
            seconds = float(path.name.split(".")[0])
            entry = journal.Entry(seconds, message_id=f"<{number}@example.org>", acts=(act,))
            assert journal.delivered(journal.Journal(self.log, syslog=False), entry) == ""
        return path

    def rename(self, path: Path, folder: str) -> Path:
        """As mutt, or a file manager, moves it."""
        return path.rename(self.at(folder) / "cur" / (path.name.partition(":")[0] + ":2,S"))

    def link(self, path: Path, folder: str) -> Path:
        """As an IMAP server on this machine copies it."""
        there = self.at(folder) / "cur" / f"{theirs()}:2,"
        os.link(path, there)
        return there

    def append(self, path: Path, folder: str) -> Path:
        """As a client uploads it: other line ends, a field more, another time."""
        content = path.read_bytes().replace(b"\r\n", b"\n")
        there = self.at(folder) / "new" / theirs()
        there.write_bytes(content.replace(b"\n\n", b"\nX-TUID: 1234\n\n", 1).replace(b"\n", b"\r\n"))
        return there

    def flag(self, path: Path, letters: str) -> Path:
        return path.rename(path.parent.parent / "cur" / f"{path.name.partition(':')[0]}:2,{letters}")

    def files(self) -> dict[str, str]:
        """Each base and its folder."""
        return {
            base(path.name): folder
            for folder in FOLDERS
            for part in ("new", "cur")
            for path in (self.at(folder) / part).iterdir()
        }

    def age(self) -> None:
        """Waits until the times of all folders can be relied on."""
        while not all(one.marks for one in folders(str(self.root)).values()):
            time.sleep(0.02)

    def task(self, labelled: bool = True) -> Task:
        return Task(str(self.root), ROLES, "alice", (self.log,), labelled)

    def remove(self) -> None:
        shutil.rmtree(self.root.parent)


class Spool:
    """Where verdicts go to: each once, by its id."""

    def __init__(self) -> None:
        self.reports: dict[str, Report] = {}
        self.fails: Callable[[], bool] = lambda: False

    def write(self, report: Report) -> None:
        if self.fails():
            raise OSError(28, "No space left on device")
        self.reports[report.id] = report

    def taken(self) -> list[tuple[str, str]]:
        """The verdicts and subjects since the last time, in order."""
        found = [(one.verdict, subject(one.message)) for one in self.reports.values()]
        self.reports.clear()
        return found


def subject(message: bytes) -> str:
    return message.partition(b"Subject: ")[2].split(maxsplit=1)[0].decode()


def watcher(maildir: Maildir, spool: Spool) -> Watcher:
    """One that has taken stock, and knows all that is there."""
    made = Watcher(maildir.task(), spool.write)
    made.round()
    while made.read():
        pass
    return made
