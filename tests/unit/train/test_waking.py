"""Events of a real file system, and the clock where there are none."""

from __future__ import annotations

import builtins
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mdafilter.train.waking import Waking
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
