"""Tests made of tests."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.errors import RuleStalled
from mdafilter.plan import Scene
from mdafilter.values import Value
from mdafilter.words.logic import AllOf, Always, AnyOf, Not
from tests.support.scene import scene
from tests.support.script import decide

TRUE, FALSE = Always(True), Always(False)


class Stalling(Value):
    """A test that must not be asked, or stalls."""

    def ask(self, scene: Scene) -> Answer:
        raise RuleStalled("asked")

    def describe(self) -> str:
        return "stalling"


class Loud(Value):
    """A test that saw much."""

    def ask(self, scene: Scene) -> Answer:
        return Answer(True, ("seen",) * limits.SAW_VALUES, "x" * 1000)

    def describe(self) -> str:
        return "loud"


@pytest.mark.parametrize(("one", "two"), [(a, b) for a in (False, True) for b in (False, True)])
def test_the_tables_of_the_standard(one: bool, two: bool) -> None:
    """RFC 5228, 5.2 and 5.3."""
    tests = (Always(one), Always(two))
    assert AllOf(tests).ask(scene()).held is (one and two)
    assert AnyOf(tests).ask(scene()).held is (one or two)


def test_no_test_is_asked_that_changes_nothing() -> None:
    """RFC 5229, 3.2: "The interpreter MUST short-circuit tests ... Evaluation order MUST be left to right."."""
    assert not AllOf((FALSE, Stalling())).ask(scene()).held
    assert AnyOf((TRUE, Stalling())).ask(scene()).held


@pytest.mark.parametrize("node", [AllOf((TRUE, Stalling())), AnyOf((FALSE, Stalling())), Not(Stalling())])
def test_a_test_without_an_answer_gives_the_whole_none(node: AllOf | AnyOf | Not) -> None:
    with pytest.raises(RuleStalled):
        node.ask(scene())


def test_what_matched() -> None:
    decision = decide('if allof (header "Subject" "hello", not exists "Date") { discard; }')
    assert decision.decided[0].why == 'Subject: hello; not exists "Date"'


def test_what_was_seen() -> None:
    decision = decide('if anyof (header "Subject" "x", false) { discard; }')
    answer = decision.trace[0].answer
    assert answer is not None and not answer.held
    assert [str(line) for line in answer.saw] == ['no: header :is "Subject" "x"', "hello", "no: false"]


def test_what_matched_is_bounded() -> None:
    assert len(AllOf((Loud(), Loud())).ask(scene()).by) <= limits.WHY_OCTETS


def test_the_description_is_sieve() -> None:
    node = AllOf((AnyOf((TRUE, FALSE)), Not(FALSE)))
    assert node.describe() == "allof (anyof (true, false), not false)"
