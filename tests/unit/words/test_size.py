"""`size`: how large the message is."""

from __future__ import annotations

import pytest

from mdafilter.decision import Answer
from mdafilter.errors import RuleErrors
from mdafilter.words.size import Size
from tests.support.scene import scene
from tests.support.script import compiled, decide
from tests.support.sieve import said

EXACT = b"Subject: x\n\n" + b"a" * (4000 - 12)


@pytest.mark.parametrize(
    ("over", "limit", "held"),
    [(True, 4000, False), (False, 4000, False), (True, 3999, True), (False, 4001, True), (True, 4001, False)],
)
def test_over_and_under(over: bool, limit: int, held: bool) -> None:
    """RFC 5228, 5.9: "Note that for a message that is exactly 4,000 octets, the message is neither ":over" nor ":under"
    4000 octets."."""
    assert Size(limit, over).ask(scene(EXACT)).held is held


def test_the_answer_says_the_size() -> None:
    assert Size(3, True).ask(scene(EXACT)) == Answer(True, ("4000",), "size 4000")


def test_quantifiers() -> None:
    assert decide("if size :over 3K { discard; }", EXACT).decided[0].why == "size 4000"
    assert decide("if size :over 4K { discard; }", EXACT).decided[0].at is None


@pytest.mark.parametrize("test", ["size 100K", "size :over :under 100K"])
def test_exactly_one_of_both(test: str) -> None:
    """RFC 5228, 5.9: "Exactly one of ":over" or ":under" must be specified, and anything else is an error."."""
    with pytest.raises(RuleErrors):
        compiled(f"if {test} {{ stop; }}")


def test_the_description_is_sieve() -> None:
    assert [Size(5, over).describe() for over in (True, False)] == ["size :over 5", "size :under 5"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("if size 5 { stop; }", "error 1:4 size needs :over or :under | write: size :over 100K"),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
