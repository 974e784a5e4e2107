"""SIGKILL at random moments of a process that runs scripts at events: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.events import running
from mdafilter.perform import Receipts
from mdafilter.train import events
from mdafilter.train.watchstate import WatchState
from tests.support.events import Reader, settings
from tests.support.processes import child, pause, status

KILLS = int(os.environ.get("MDAFILTER_KILLS", "30"))
AT_ONCE = 4
SCRIPT = """
if environment :is "imap.cause" "FLAG" {
    if hasflag "\\\\Flagged" { fileinto :copy :create "Starred"; removeflag "\\\\Flagged"; addflag "\\\\Answered"; }
} else {
    fileinto :create "Filed";
    redirect "bob@example.org";
}
"""


def subjects(paths: list[Path]) -> Counter[str]:
    return Counter(path.read_text().partition("Subject: ")[2].split("\n")[0] for path in paths)


def test_a_killed_watcher_does_nothing_twice_and_leaves_nothing_undone(tmp_path: Path) -> None:
    rnd = random.Random(1)
    reader = Reader(tmp_path, SCRIPT, settings(sendmail="/bin/true"))
    reader.watcher.close()
    killed, number, usual = 0, 0, 0.5
    put: dict[str, Path] = {}
    starred: Counter[str] = Counter()

    def look() -> int:
        watcher = reader.watching()
        while watcher.attend():
            pass
        watcher.close()
        return 0

    while killed < KILLS:
        for _ in range(AT_ONCE):
            number += 1
            put[str(number)] = reader.put("Lists", str(number), rnd.choice((None, "", "S")))
        old = [name for name in put if int(name) <= number - AT_ONCE]
        for name in rnd.sample(old, min(2, len(old))):
            (path,) = (p for p in reader.files("Lists") if p.name.startswith(put[name].name.partition(":")[0]))
            assert "F" not in path.name.partition(":2,")[2], "the script has taken it away"
            reader.maildir.flag(path, path.name.partition(":2,")[2] + "F")
            starred[name] += 1
        while True:
            began = time.perf_counter()
            pid = child(look)
            pause(rnd.uniform(0, 1.2 * usual))
            os.kill(pid, signal.SIGKILL)
            if status(pid) == 0:
                usual = min(usual, time.perf_counter() - began)
                break
            killed += 1
        everything = Counter(dict.fromkeys(put, 1))
        assert subjects(reader.files("Lists")) == everything, "no message is lost or doubled"
        assert subjects(reader.files("Filed")) == everything
        assert subjects(reader.files("Starred")) == starred
        for name, path in put.items():
            flags = set(reader.flags(path))
            assert ("T" in flags, "A" in flags or "F" in flags, "R" in flags) == (True, False, name in starred), name
    assert number > AT_ONCE
    assert reader.said == []


@pytest.mark.parametrize("expunged", [False, True])
@pytest.mark.parametrize("before", ["perform", "_tell", "ran", "forget", "flag", "the change", "sync", "attended"])
def test_each_moment(tmp_path: Path, before: str, expunged: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends just before this step of an event; the next one begins there."""
    chosen = settings(sendmail="/bin/true")
    chosen = chosen.replace(sieve=chosen.sieve.replace(imapsieve_expunge_discarded=expunged))
    reader = Reader(tmp_path, 'fileinto :create "Filed"; redirect :copy "bob@example.org";', chosen)
    path = reader.put("Lists", letters="S")
    reader.watcher.close()
    places = {
        "perform": running,
        "sync": events,
        **dict.fromkeys(("_tell", "flag"), running.Running),
        **dict.fromkeys(("ran", "attended"), WatchState),
        "forget": Receipts,
    }

    def killed() -> int:
        watcher = reader.watching()
        if before == "the change":
            monkeypatch.setattr(running, "remove", lambda *_: os._exit(7))
            assert watcher.events is not None
            watcher.events.scripts._rename = lambda *_: os._exit(7)  # type: ignore[attr-defined]
        else:
            monkeypatch.setattr(places[before], before, lambda *_args, **_more: os._exit(7))
        watcher.attend()
        return 0

    assert status(child(killed)) == 7
    reader.watcher = reader.watching()
    reader.look()
    assert (len(reader.files("Lists")), len(reader.files("Filed"))) == (int(not expunged), 1)
    assert expunged or reader.flags(path) == "ST"
    assert reader.watcher.state.events() == []
    assert {act["action"] for entry in reader.journal() for act in entry["acts"]} == {
        *("file", "redirect"),
        "expunge" if expunged else "flags",
    }


def test_what_could_not_be_written_down_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, between what the script did and the state: the same process runs it again, and waits for no lock."""
    monkeypatch.setattr(limits, "DRAFT_SECONDS", 0.0)  # past which a locked draft is passed over, for a second copy
    reader = Reader(tmp_path, 'fileinto :create "Filed"; fileinto :create "Other";')
    path = reader.put("Lists")
    reader.watcher.round()
    with monkeypatch.context() as full:
        full.setattr(reader.watcher.state, "ran", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("full")))
        with pytest.raises(sqlite3.OperationalError):
            reader.watcher.attend()
    with monkeypatch.context() as broken:
        broken.setattr(running, "_marked", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        broken.setattr(limits, "EVENT_AGAIN_SECONDS", 0.0)
        reader.watcher.attend()
    reader.look()
    assert [len(reader.files(name)) for name in ("Lists", "Filed", "Other")] == [1, 1, 1]
    assert reader.flags(path) == "T"
