"""A learner that is killed at each of its steps in turn, and the one after it: nothing lost, nothing learned twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mdafilter.train import spool
from tests.support.training import School, forward, mail


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path)
    yield made
    made.ledger.close()


class Killed(BaseException):
    """As if the process were no more."""


STEPS = ("add", "finish", "keep", "find", "lines", "count_since")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_step_loses_nothing_and_learns_nothing_twice(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of the ledger, of the teacher and of the spool is the last one in turn, then the learner comes again."""
    ends = False
    number = 0
    while not ends:
        number += 1
        (tmp_path / str(number)).mkdir()
        school = School(tmp_path / str(number))
        for n in (1, 2):
            school.receives("bob", mail(n))
        school.report(forward(mail(1), mail(2)))
        school.report(forward(mail(2), mail(3)))  # 3 is not his
        school.report(forward(mail(1)), "ham")
        with monkeypatch.context() as patched:
            step = _Steps(number, when)
            for name in STEPS:
                patched.setattr(school.ledger, name, step.of(getattr(school.ledger, name)))
            patched.setattr(school.pupil, "learn", step.of(school.pupil.learn))
            patched.setattr(spool, "finish", step.of(spool.finish))
            try:
                school.learn()
            except Killed:
                pass
            else:
                ends = True
        school.learn()
        school.learn()
        assert school.waiting() == []
        assert sorted(school.pupil.sides.values()) == ["ham", "spam"]
        assert len(school.lines()) == 5
        results = [(line.subject, line.verdict, line.result) for line in school.lines()]
        assert [r for r in results if r[2] == "refused"] == [("minutes 3", "spam", "refused")]
        assert "" not in school.results()
        school.ledger.close()
    assert number > 20


class _Steps:
    """Counts calls; the one of that number is the last."""

    def __init__(self, last: int, when: str) -> None:
        self.left = last
        self.when = when

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self.left -= 1
            if not self.left and self.when == "before":
                raise Killed
            result = function(*args, **named)
            if not self.left:
                raise Killed
            return result

        return call
