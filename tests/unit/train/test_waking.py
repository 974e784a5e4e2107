"""Events of a real file system, and the clock where there are none."""

from __future__ import annotations

import builtins
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mdafilter.train import Report, door, spool
from mdafilter.train.waking import Waking, in_spool
from tests.support.folders import Maildir, Spool, watcher

LONG = 30.0


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path)


def awake(waking: Waking, act: Callable[[], object]) -> bool:
    """Whether it is awake long before the time is over."""
    before = time.monotonic()
    threading.Timer(0.2, act).start()
    waking.wait(LONG)
    return time.monotonic() - before < LONG / 2


def test_what_comes_and_goes_wakes_it_up(maildir: Maildir) -> None:
    path = maildir.deliver(1)
    with Waking([str(maildir.root)]) as waking:
        assert waking.why_not == ""
        assert awake(waking, lambda: maildir.rename(path, "Junk"))
        assert awake(waking, lambda: maildir.deliver(2))
        assert awake(waking, lambda: next((maildir.at("Junk") / "cur").iterdir()).unlink())


def test_neither_tmp_nor_reading_nor_our_own_state_wakes_it_up(maildir: Maildir) -> None:
    path = maildir.deliver(1)
    watcher(maildir, Spool()).close()
    with Waking([str(maildir.root)]) as waking:
        looking = watcher(maildir, Spool())
        path.read_bytes()
        (maildir.root / "tmp" / "draft").touch()
        (maildir.root / "dovecot.index.log").touch()
        looking.state.commit(added=[])
        looking.close()
        time.sleep(0.5)
        assert not waking.due


def test_a_report_wakes_up_the_learner_as_the_door_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a name for a file that had none, and by renaming one that had."""
    folder = f"{tmp_path}/spool"
    spool.make(folder)
    with Waking([folder], worth=in_spool, below=False) as waking:
        assert awake(waking, lambda: door.write(folder, Report("spam", "alias", {}, b"x")))
        monkeypatch.setattr("os.O_TMPFILE", os.O_DIRECTORY | os.O_WRONLY)  # which no file system can
        assert awake(waking, lambda: door.write(folder, Report("spam", "alias", {}, b"x")))


def test_neither_what_is_being_written_nor_what_lies_deeper_wakes_it_up(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with Waking([str(tmp_path)], worth=in_spool, below=False) as waking:
        (tmp_path / f"{door.PARTIAL}1").touch()
        (tmp_path / "folder" / "file").touch()
        spool.names(str(tmp_path))
        time.sleep(0.5)
        assert not waking.due


def test_a_signal_at_any_time_ends_it(maildir: Maildir) -> None:
    """Also while we write down that something has happened: a lock would be held for good then."""
    with Waking([str(maildir.root)], events=False) as waking:
        before = signal.signal(signal.SIGALRM, waking.stop)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            waking.wait(LONG)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert waking.stopped
    waking.stop()  # one that is late, too


def test_an_end_by_a_signal_wakes_it_up(maildir: Maildir) -> None:
    with Waking([str(maildir.root)]) as waking:
        assert awake(waking, waking.stop)
        assert waking.stopped


def test_without_events_it_is_the_clock(maildir: Maildir) -> None:
    with Waking([str(maildir.root)], events=False) as waking:
        assert waking.why_not == "not wanted"
        waking.wait(0.01)
        assert awake(waking, waking.stop)


def test_a_folder_that_is_not_there_leaves_the_clock(tmp_path: Path) -> None:
    with Waking([str(tmp_path / "none")]) as waking:
        assert waking.why_not
        waking.wait(0.01)


def test_without_watchdog_it_is_the_clock(maildir: Maildir, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("watchdog"):
            raise ImportError("No module named 'watchdog'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with Waking([str(maildir.root)]) as waking:
        assert waking.why_not == "No module named 'watchdog'"
