"""When the learner that stays begins a batch: at once when nothing comes, late at the latest when it does not stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.train import door, service
from mdafilter.train.learn import Done
from mdafilter.train.service import arrivals, due

QUIET = limits.LEARN_QUIET_SECONDS
START = 1e12


def is_due(waiting: dict[str, float], tried: Collection[str], now: float, late: float) -> bool:
    return due(waiting, tried, now, late) <= now


def test_one_that_is_alone_is_learned_at_once() -> None:
    assert due({"a": 100.0}, (), 100.0 + QUIET / 2, 300.0) == 100.0 + QUIET
    assert is_due({"a": 100.0}, (), 100.0 + QUIET, 300.0)


def test_those_that_go_on_coming_are_late_at_most() -> None:
    waiting = {str(n): 100.0 + n * QUIET / 2 for n in range(1000)}
    assert not is_due({name: time for name, time in waiting.items() if time <= 399}, (), 399.0, 300.0)
    assert is_due({name: time for name, time in waiting.items() if time <= 400}, (), 400.0, 300.0)


def test_what_was_not_learned_is_no_reason() -> None:
    assert due({"a": 100.0}, ("a",), 1000.0, 300.0) == math.inf
    assert is_due({"a": 100.0, "b": 999.0}, ("a",), 1000.0, 300.0)
    assert due({}, (), 1000.0, 300.0) == math.inf


def test_a_clock_that_was_set_back_does_not_hold_them() -> None:
    assert is_due({"a": 5000.0}, (), 1000.0, 300.0)


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1000), max_size=5), st.floats(0, 100))
def test_nothing_waits_longer_than_late(waiting: dict[str, float], late: float) -> None:
    assert is_due(waiting, (), 1000.0 + late, late) == bool(waiting)


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 2000), max_size=5), st.floats(0, 100))
def test_it_sleeps_until_then_and_no_longer(waiting: dict[str, float], late: float) -> None:
    """Woken at that time it finds that it is time: no look is in vain."""
    time = due(waiting, (), 1000.0, late)
    assert not waiting or is_due(waiting, (), max(time, 1000.0), late)
    assert time <= 1000.0 + max(late, QUIET) or not waiting


def test_what_is_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("")
    (tmp_path / f"{door.PARTIAL}two").write_text("")
    assert set(arrivals(str(tmp_path))) == {"one"}


class Sleep:
    """A clock by hand: it sleeps as long as it is told, or until the next of `events`, which are things to do."""

    def __init__(self, end: float, events: dict[float, Callable[[], object]] | None = None) -> None:
        self.now, self.end = START, START + end
        self.events = {START + at: act for at, act in (events or {}).items()}
        self.wakes = True
        self.shift = 0.0  # of the clock that it shows
        self.looks = 0

    @property
    def stopped(self) -> bool:
        return self.now >= self.end

    def wait(self, seconds: float) -> None:
        self.looks += 1
        until = self.now + seconds
        for at in sorted(at for at in self.events if at <= until):
            self.events.pop(at)()
            if self.wakes:
                until = at
                break
        self.now = until


def batches(folder: Path, sleep: Sleep, look: float) -> list[tuple[float, list[str]]]:
    """When it learned what. What is called good can be learned."""
    done: list[tuple[float, list[str]]] = []

    def learn() -> Done:
        done.append((sleep.now - START, sorted(arrivals(str(folder)))))
        (folder / "good").unlink(missing_ok=True)
        return Done()

    service.stay(str(folder), 300.0, learn, sleep, look, lambda: sleep.now + sleep.shift)
    return done


def test_it_learns_what_comes_and_tries_again_what_stays(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("")
    found = batches(tmp_path, Sleep(200, {10: lambda: (tmp_path / "good").write_text("")}), 60.0)
    assert found[:2] == [(0.0, ["bad"]), (10.0, ["bad", "good"])]
    again = [at for at, _ in found[1:]]
    assert {b - a for a, b in pairwise(again)} == {limits.LEARN_AGAIN_SECONDS}


def test_an_event_that_is_lost_costs_time_and_no_report(tmp_path: Path) -> None:
    sleep = Sleep(200, {10: lambda: (tmp_path / "good").write_text("")})
    sleep.wakes = False
    assert batches(tmp_path, sleep, 60.0) == [(60.0, ["good"])]


def test_where_nothing_comes_it_sleeps(tmp_path: Path) -> None:
    sleep = Sleep(3600)
    assert batches(tmp_path, sleep, 60.0) == []
    assert sleep.looks == 60


def test_a_clock_that_goes_back_does_not_put_it_off(tmp_path: Path) -> None:
    sleep = Sleep(100)
    sleep.events[START + 30] = lambda: setattr(sleep, "shift", -86400.0)
    (tmp_path / "bad").write_text("")
    assert [at for at, _ in batches(tmp_path, sleep, 10.0)] == [0.0, 90.0]
