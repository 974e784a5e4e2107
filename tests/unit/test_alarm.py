"""A delivery that hangs is tried again; the next one in the same process has its own time."""

from __future__ import annotations

import signal
import time

import pytest

from mdafilter.alarm import Alarm
from mdafilter.errors import TryAgain


def state() -> tuple[object, tuple[float, float]]:
    return signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)


def test_what_hangs_is_tried_again() -> None:
    with pytest.raises(TryAgain, match=r"took longer than 0\.05 s") as caught, Alarm(0.05):
        time.sleep(60)
    assert caught.value.status == "4.4.2"


def test_nothing_is_left_of_it() -> None:
    before = state()
    with Alarm():
        assert state() != before
    assert state() == before
    with pytest.raises(ZeroDivisionError), Alarm():
        raise ZeroDivisionError
    assert state() == before


def test_each_delivery_has_the_whole_time() -> None:
    for _ in range(5):
        with Alarm(0.5):
            time.sleep(0.15)


def test_it_comes_once() -> None:
    """What is undone after it takes its own time."""
    with Alarm(0.05):
        with pytest.raises(TryAgain):
            time.sleep(60)
        time.sleep(0.2)


def test_one_that_comes_too_late_hits_nobody() -> None:
    with Alarm() as alarm:
        pass
    alarm._late(signal.SIGALRM, None)
