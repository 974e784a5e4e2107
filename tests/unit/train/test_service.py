"""When the learner that stays begins a batch: at once when nothing comes, late at the latest when it does not stop."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.train import door, service
from mdafilter.train.learn import Done
from mdafilter.train.service import arrivals, is_due

QUIET = limits.LEARN_QUIET_SECONDS


def test_one_that_is_alone_is_learned_at_once() -> None:
    assert not is_due({"a": 100.0}, (), 100.0 + QUIET / 2, 300.0)
    assert is_due({"a": 100.0}, (), 100.0 + QUIET, 300.0)


def test_those_that_go_on_coming_are_late_at_most() -> None:
    waiting = {str(n): 100.0 + n * QUIET / 2 for n in range(1000)}
    assert not is_due({name: time for name, time in waiting.items() if time <= 399}, (), 399.0, 300.0)
    assert is_due({name: time for name, time in waiting.items() if time <= 400}, (), 400.0, 300.0)


def test_what_was_not_learned_is_no_reason() -> None:
    assert not is_due({"a": 100.0}, ("a",), 1000.0, 300.0)
    assert is_due({"a": 100.0, "b": 999.0}, ("a",), 1000.0, 300.0)
    assert not is_due({}, (), 1000.0, 300.0)


def test_a_clock_that_was_set_back_does_not_hold_them() -> None:
    assert is_due({"a": 5000.0}, (), 1000.0, 300.0)


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1000), max_size=5), st.floats(0, 100))
def test_nothing_waits_longer_than_late(waiting: dict[str, float], late: float) -> None:
    assert is_due(waiting, (), 1000.0 + late, late) == bool(waiting)


def test_what_is_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("")
    (tmp_path / f"{door.PARTIAL}two").write_text("")
    assert set(arrivals(str(tmp_path))) == {"one"}


def test_it_learns_what_comes_and_tries_again_what_stays(tmp_path: Path) -> None:
    """A clock by hand, and an event that never waits: each look is a second."""
    now = [1e12]
    batches: list[tuple[float, list[str]]] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            now[0] += timeout or 0.0
            if now[0] == 1e12 + 10:
                (tmp_path / "good").write_text("")
            if now[0] >= 1e12 + 200:
                self.set()
            return self.is_set()

    def learn() -> Done:
        batches.append((now[0] - 1e12, sorted(arrivals(str(tmp_path)))))
        (tmp_path / "good").unlink(missing_ok=True)
        return Done()

    (tmp_path / "bad").write_text("")
    service.stay(str(tmp_path), 300.0, learn, Stop(), lambda: now[0])
    assert batches[:2] == [(0.0, ["bad"]), (10.0, ["bad", "good"])]
    again = [at for at, _ in batches[1:]]
    assert {b - a for a, b in pairwise(again)} == {limits.LEARN_AGAIN_SECONDS}
