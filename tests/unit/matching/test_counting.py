"""How often expressions are found. What is expected here is what procmail itself counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching import counting, egrep, patterns
from tests.support.clock import linear

BODY = "abcabc\naaa\n\n\nend\n"


def counted(pattern: str, text: str = BODY, *, ignore_case: bool = True) -> int | str:
    """The number of times, or "ever"."""
    found = list(counting.times(pattern, [text], ignore_case=ignore_case))
    assert not any(found[:-1])
    return "ever" if found and found[-1] else len(found)


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        ("^.*$", 6),
        ("^$", 3),
        ("^a", 2),
        ("a$", 1),
        ("A", 5),
        ("aa", 1),
        ("a|aa", 5),
        ("abca|bc", 2),
        (".", 12),
        (".+", 12),
        ("(a|ab)(c|)", 5),
        ("a\\>", 1),
        ("c^", 1),
        ("^^.", 1),
        ("^^a", 1),
        ("end$^^", 1),
        ("x", 0),
        ("(b|c)+a?", 4),
        ("(ab)*c", 2),
        ("[^a]", 7),
        *((pattern, "ever") for pattern in ("^", "$", "", "()", ".*", "^^", "a*", "^|$", ".|$", "()$^^", "\\<")),
    ],
)
def test_times(pattern: str, times: int | str) -> None:
    assert counted(pattern) == times


@pytest.mark.parametrize(
    ("text", "pattern", "times"),
    [
        ("\n\n\nx\n", "^$", 4),
        ("\n\n\nx\n", "^.*$", 5),
        ("\n\n\nx\n", "^^$", 1),
        ("", "^$", 1),
        ("", "^.*$", 1),
        ("", "x", 0),
        ("a", "a^^", 1),
        ("a", "()$^^", 0),
        ("x\n", "()$^^", "ever"),
        ("\nx", "()$x", 1),
    ],
)
def test_at_the_edges(text: str, pattern: str, times: int | str) -> None:
    assert counted(pattern, text) == times


def test_case() -> None:
    assert (counted("A", ignore_case=False), counted("a", ignore_case=False)) == (0, 5)


def test_what_is_found_for_ever_may_have_been_found_before() -> None:
    assert list(counting.times("a|()$^^", ["aa\n"], ignore_case=True)) == [False, False, False, True]


@given(st.text("abc(|)*+?^$.[]\\<>\n", max_size=12), st.lists(st.text("abc\n ", max_size=8), max_size=5))
def test_pieces_are_one_text_and_what_is_found_is_counted(pattern: str, pieces: list[str]) -> None:
    compiled = patterns.compile(pattern, ignore_case=True, syntax="procmail")
    if compiled.groups:
        return  # it has a \\/
    found = list(counting.times(pattern, pieces, ignore_case=True))
    text = "".join(pieces)
    assert found == list(counting.times(pattern, [text], ignore_case=True))
    assert bool(found) == (compiled.find(egrep.area(text.encode())) is not None)


@pytest.mark.parametrize(
    "pattern", ["^.*$", "(a*)*b", "(a|aa)+$", "a.*a.*a.*a.*x", "x*x*x*x*x*y", "(.|..|...)*z", "[^b]*b", "a", "^>"]
)
@pytest.mark.parametrize("piece", ["a", "a\n", "\n", "ab", ">a\n"])
def test_the_time_is_linear(pattern: str, piece: str) -> None:
    assert linear(lambda text: counted(pattern, text.decode()), piece.encode() * (100_000 // len(piece)))


def test_a_large_expression_is_linear_too() -> None:
    assert linear(lambda text: counted(text.decode()), b"(a|b)*c?" * 2_000)


def test_the_steps_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COUNT_STEPS", 1000)
    with pytest.raises(RuleStalled, match="a regular expression is too large to be counted"):
        counted("a?" * 500 + "x")


def test_few_states_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COUNT_STATES", 3)
    assert counted("a.?.?.?.?b", "acccb abab " * 20) == 60
