"""SIGKILL at random moments of a process that watches, while messages are moved: each move is learned, and once."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

from mdafilter.train import Report, door
from mdafilter.train.watch import Watcher
from tests.support.folders import ROLES, Maildir, Spool, raw, subject, watcher
from tests.support.processes import child, pause, status

KILLS = int(os.environ.get("MDAFILTER_KILLS", "30"))
MESSAGES = 40


def look(maildir: Maildir, spool: Path) -> int:
    looking = Watcher(maildir.task(), lambda report: door.write(str(spool), report))
    looking.round()
    looking.close()
    return 0


def taken(spool: Path) -> list[tuple[str, str]]:
    """The verdicts in the spool, which are taken out as a learner does it."""
    found = []
    for path in sorted(spool.iterdir()):
        if not path.name.startswith("."):
            content = path.read_bytes()
            found.append(("spam" if b"spam" in content.split(b"\n\n")[0] else "ham", subject(content)))
            path.unlink()
    return found


def test_a_killed_watcher_loses_no_move_and_counts_none_twice(tmp_path: Path) -> None:
    maildir, spool, rnd = Maildir(tmp_path), tmp_path / "spool", random.Random(1)
    spool.mkdir()
    paths = {number: maildir.deliver(number) for number in range(MESSAGES)}
    where = dict.fromkeys(paths, "")
    watcher(maildir, Spool()).close()
    usual, killed = 0.1, 0
    learned: list[tuple[str, str]] = []
    expected: list[tuple[str, str]] = []
    for turn in range(20 * KILLS):
        if killed >= KILLS and len(learned) > KILLS // 2:  # where there is much to do, one turn takes many kills
            break
        for number in rnd.sample(sorted(paths), 10):
            folder = rnd.choice(("", "Junk", "Trash"))
            way = rnd.choice(("rename", "link", "append"))
            if folder == where[number]:
                continue
            old = paths[number]
            paths[number] = getattr(maildir, way)(old, folder)
            if way != "rename":
                old.unlink()
            if verdict := ROLES.verdict(where[number], folder):
                expected.append((verdict, str(number)))
            where[number] = folder
        while True:
            pid = child(lambda: look(maildir, spool))
            pause(rnd.uniform(0, 1.2 * usual))
            os.kill(pid, signal.SIGKILL)
            if status(pid) == 0:
                break
            killed += 1
        learned += taken(spool)
        assert sorted(learned) == sorted(expected), f"turn {turn}"
    assert killed >= KILLS, "too few were killed for the test to mean something"
    assert len(learned) > KILLS // 2


def test_a_burst_of_ten_thousand_moves(tmp_path: Path) -> None:
    """None is missed, and none comes twice, though half of them come while the first are looked at."""
    maildir, spool = Maildir(tmp_path), Spool()
    paths = []
    for number in range(10_000):
        path = maildir.at("") / "cur" / f"{number}.M1P1.host:2,S"
        path.write_bytes(raw(number))
        paths.append(path)
    looking = watcher(maildir, spool)
    for path in paths[:5000]:
        maildir.rename(path, "Junk")
    later = iter(paths[5000:])

    def meanwhile(report: Report) -> None:
        spool.write(report)
        if (path := next(later, None)) is not None:
            maildir.rename(path, "Junk")

    looking.write = meanwhile
    while looking.round().moves:
        pass
    assert sorted(spool.taken()) == sorted(("spam", str(number)) for number in range(10_000))
    looking.close()
