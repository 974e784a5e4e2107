"""Conditions of a recipe."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail.conditions import is_weight, parse
from mdafilter.lang.procmail.flags import Flags
from mdafilter.texts import Template, Var
from mdafilter.words.grep import Grep
from mdafilter.words.logic import Not
from mdafilter.words.run import Runs
from mdafilter.words.size import Size
from mdafilter.words.value import ValueMatches


def condition(text: str, flags: str = "") -> object:
    problems = Problems("rc", text)
    found = parse(Line(1, text), Flags(flags), problems)
    assert problems.errors == []
    return found


@pytest.mark.parametrize(
    ("text", "flags", "wanted"),
    [
        ("* ^Subject", "", Grep("header", "^Subject", "procmail")),
        ("*^Subject", "B", Grep("body", "^Subject", "procmail")),
        ("* ^Subject", "D", Grep("header", "^Subject", "procmail", ignore_case=False)),
        ("* ! ^a", "", Not(Grep("header", "^a", "procmail"))),
        ("* !!^a", "", Grep("header", "^a", "procmail")),
        ("* HB ?? a", "", Grep("both", "a", "procmail")),
        ("* A ?? b", "", ValueMatches("A", "b")),
        ("* ! $ A ?? $B", "", Not(ValueMatches("A", Template((Var("B"),))))),
        ("* $ ^$A", "", Grep("header", Template(("^", Var("A"))), "procmail")),
        ("* ? test -f x", "", Runs("test -f x")),
        ("* ! ? test -f x", "h", Not(Runs("test -f x", "header"))),
        ("* > 10", "", Size(10, True)),
        ("* ! < 10", "", Not(Size(10, False))),
    ],
)
def test_conditions(text: str, flags: str, wanted: object) -> None:
    assert condition(text, flags) == wanted


@pytest.mark.parametrize(("text", "weight"), [("1^1 a", True), ("1^0", True), ("-5^.5 a", True), ("^a", False)])
def test_weights(text: str, weight: bool) -> None:
    assert is_weight(text) is weight
