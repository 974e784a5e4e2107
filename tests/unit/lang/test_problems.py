"""The problems of files whose lines are their units."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.lang.problems import Line, Problems


def test_all_errors_come_at_once() -> None:
    problems = Problems("rc", "one\ntwo\r\n")
    problems.error(Line(1, "one"), "first", "do this", at=1)
    problems.error(Line(2, "two"), "second")
    with pytest.raises(RuleErrors) as raised:
        problems.done()
    assert raised.value.problems[0].show() == "rc:1:2: error: first\n  | one\n  |  ^\n  = do this"
    assert raised.value.problems[1].source == "two"


def test_warnings_are_no_errors() -> None:
    problems = Problems("rc", "one")
    problems.warn(Line(1, "one"), "hm")
    assert [str(problem) for problem in problems.done()] == ["rc:1:1: warning: hm"]


def test_a_mistake_in_a_continuation_line_is_shown_at_the_end_of_the_first() -> None:
    problems = Problems("rc", "ab\\\ncd")
    problems.warn(Line(1, "abcd"), "hm", at=30)
    assert problems.done()[0].column == 4


def test_they_are_bounded() -> None:
    problems = Problems("rc", "x")
    for _ in range(limits.SCRIPT_ERRORS + 50):
        problems.error(Line(1, "x"), "again")
        problems.warn(Line(1, "x"), "again")
    assert len(problems.errors) == len(problems.warnings) == limits.SCRIPT_ERRORS
