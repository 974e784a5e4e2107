"""Ten users with ten thousand messages each, watched by root; ten thousand of these are moved at once."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mdafilter.train import Report, spool, watchers
from mdafilter.train.watchers import Wish
from tests.support.folders import Maildir, raw, subject
from tests.support.processes import child, status

USERS, MESSAGES, MOVES = 10, 10_000, 1000
FIRST = 23_000
MEMORY = Path("/dev/shm")  # a hundred thousand files, and ten thousand reports that are fsynced


@pytest.fixture
def top() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root watches for others")
    made = Path(tempfile.mkdtemp(prefix="mdafilter-watch.", dir=MEMORY if MEMORY.is_dir() else None))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def until(true: Callable[[], object], pid: int) -> None:
    end = time.monotonic() + 300
    while not true():
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), "root's process has ended"
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)


@pytest.mark.slow
def test_none_of_ten_thousand_moves_is_missed(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people, paths = [], []
    for number in range(USERS):
        home = top / str(number)
        maildir = Maildir(home)
        own = [maildir.root / "cur" / f"{n}.M1P1.host:2,S" for n in range(MESSAGES)]
        for n, path in enumerate(own):
            path.write_bytes(raw(n))
            os.chown(path, FIRST + number, FIRST + number)
        for folder in (home, *(path for path in home.rglob("*") if path.is_dir())):
            os.chown(folder, FIRST + number, FIRST + number)
        people.append(pwd.struct_passwd((f"u{number}", "x", FIRST + number, FIRST + number, "", str(home), "/bin/sh")))
        paths.append((maildir, own))
    spool.make(str(top / "spool"))
    (top / "config.toml").write_text(f'[train]\nspool = "{top}/spool"\nrescan = 1\nper_day = 100000\n')
    monkeypatch.setattr(watchers, "people", lambda _names: people)
    pid = child(lambda: watchers.everybody([], Wish(str(top / "config.toml"))))
    ended = False
    try:
        until(lambda: all((maildir.root / "mdafilter-watch.db").exists() for maildir, _own in paths), pid)
        until(lambda: all(not busy(maildir) for maildir, _own in paths), pid)
        for n in range(MOVES):
            for maildir, own in paths:
                maildir.rename(own[n], "Junk")
        until(lambda: len(spool.names(str(top / "spool"))) >= USERS * MOVES, pid)
        os.kill(pid, signal.SIGTERM)
        assert status(pid) == 0
        ended = True
    finally:
        if not ended:
            os.kill(pid, signal.SIGTERM)
    found: Counter[tuple[int, str]] = Counter()
    for name in spool.names(str(top / "spool")):
        report = spool.read(str(top / "spool"), name)
        assert isinstance(report, Report) and report.verdict == "spam"
        found[report.uid, subject(report.message)] += 1
    assert found == Counter((FIRST + number, str(n)) for number in range(USERS) for n in range(MOVES))


def busy(maildir: Maildir) -> bool:
    """Whether it is still being looked at for the first time: a transaction has a journal that is not empty."""
    journal = maildir.root / "mdafilter-watch.db-journal"
    return (maildir.root / "mdafilter-watch.db").stat().st_size < 1_000_000 or bool(journal.stat().st_size)
