"""The first line of a recipe."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail.flags import Flags, parse


def flags(text: str) -> tuple[Flags | None, list[str]]:
    problems = Problems("rc", text)
    found = parse(Line(1, text), problems)
    return found, [problem.text for problem in problems.errors]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (":0", ""),
        (":0HB", "HB"),
        (":0 H B", "HB"),
        (":0 fw # a comment with c", "fw"),
        (":0 Wh: msgid.lock", "hW"),
        (":0:", ""),
    ],
)
def test_flags(text: str, wanted: str) -> None:
    assert flags(text) == (Flags(wanted), [])


def test_a_flag_that_is_none() -> None:
    assert flags(":0 cQ")[1] == ['there is no flag "Q"']


@pytest.mark.parametrize("text", [":1", ": c", ":"])
def test_a_line_that_begins_no_recipe(text: str) -> None:
    assert flags(text) == (None, ["a recipe begins with :0"])


@pytest.mark.parametrize(
    ("text", "searched"), [("", "header"), ("H", "header"), ("B", "body"), ("HB", "both"), ("c", "header")]
)
def test_what_is_searched(text: str, searched: str) -> None:
    """procmailrc(5): "H: Egrep the header (default)"."""
    assert Flags(text).searched == searched


@pytest.mark.parametrize(("text", "fed"), [("", "both"), ("h", "header"), ("b", "body"), ("hb", "both")])
def test_what_is_fed(text: str, fed: str) -> None:
    """procmailrc(5): "h: Feed the header to the pipe, file or mail destination (default)", and so is b."""
    assert Flags(text).fed == fed
