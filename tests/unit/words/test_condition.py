"""Conditions of a procmailrc, from their text. What is expected here is what procmail itself took them for."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.texts import Template, Var
from mdafilter.words.assign import AssignOutput
from mdafilter.words.command import Command
from mdafilter.words.condition import (
    Evaluated,
    Searched,
    Weighted,
    area_of,
    leading_number,
    parse,
    weight_at,
)
from mdafilter.words.grep import Grep, Length
from mdafilter.words.logic import Not
from mdafilter.words.run import Runs
from tests.support.scene import scene

HEADER = Searched("header")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" ^Subject", Grep("header", "^Subject")),
        ("!^a", Not(Grep("header", "^a"))),
        (" ! ! ^a", Grep("header", "^a")),
        ("", Grep("header", "")),
        (" *foo", Grep("header", "*foo")),
        (" B ?? a", Grep("body", "a")),
        ("BH??a", Grep("both", "a")),
        ("!  A   ??   ^b", Not(Grep("$A", "^b"))),
        ("A ?? ! b", Not(Grep("$A", "b"))),
        ("b ?? x", Grep("$b", "x")),
        ("HBH ?? x", Grep("$HBH", "x")),
        ("1A ?? x", Grep("header", "1A ?? x")),
        ("< 10k", Length("both", 10, False)),
        (">+1 foo", Length("both", 1, True)),
        ("> -1", Length("both", -1, True)),
        ("<", Length("both", 0, False)),
        ("! < 10", Not(Length("both", 10, False))),
        ("B ?? > 5", Length("body", 5, True)),
        ("H ?? < 5", Length("header", 5, False)),
        ("A ?? < 5", Length("$A", 5, False)),
        ("? test -f x", Runs(Command("test -f x"), "header")),
        ("A ?? ?cat", Runs(Command("cat"), "$A")),
        ("\\<a", Grep("header", "<a")),
        ("\\! a", Grep("header", "! a")),
        ("\\\\[a]", Grep("header", "\\[a]")),
        ("$ a", Grep("header", "a")),
    ],
)
def test_a_condition(text: str, wanted: object) -> None:
    assert parse(text, HEADER) == wanted


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("1^1 a", (1.0, 1.0, 3)),
        ("-100^0", (-100.0, 0.0, 6)),
        ("2.5^.5 a", (2.5, 0.5, 6)),
        ("1 ^ 0 a", (1.0, 0.0, 5)),
        ("1.^.5", (1.0, 0.5, 5)),
        ("1e1^0 a", (10.0, 0.0, 5)),
        ("0x1F^0 a", (31.0, 0.0, 6)),
        ("1^1a", (1.0, 1.0, 3)),
        ("1^1.5.5", (1.0, 1.5, 5)),
        ("3000000000^-3e99", (limits.SCORE, -limits.SCORE, 16)),
        ("1e^1", None),
        ("^a", None),
        ("a^b", None),
        ("^^a", None),
        ("1^a", None),
        (".^1", None),
        ("1 foo", None),
        ("-foo", None),
    ],
)
def test_weights(text: str, weight: tuple[float, float, int] | None) -> None:
    """procmailsc(5): "Whereas both w and x are real numbers between -2147483647.0 and 2147483647.0 inclusive"."""
    assert weight_at(text, 0) == weight


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1^2 a", Weighted(1.0, 2.0, Grep("header", "a"))),
        ("! 1^2 a", Weighted(1.0, 2.0, Not(Grep("header", "a")))),
        ("1^2 ! B ?? ! a", Weighted(1.0, 2.0, Grep("body", "a"))),
        ("A ?? 1^2 a", Weighted(1.0, 2.0, Grep("$A", "a"))),
        ("1^2 3^4 a", Weighted(3.0, 4.0, Grep("header", "a"))),
        ("1^2 > 5", Weighted(1.0, 2.0, Length("both", 5, True))),
        ("1^2 ? b", Weighted(1.0, 2.0, Runs(Command("b"), "header"))),
        ("1^2", Weighted(1.0, 2.0, Grep("header", ""))),
        ("\\1^2 a", Grep("header", "1^2 a")),
    ],
)
def test_what_is_weighted(text: str, wanted: object) -> None:
    assert parse(text, HEADER) == wanted


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("! ^Subject", False),
        ("? false", False),
        ("< 1000", True),
        ("Y ?? foo", True),
        ("^Subject", True),
        ("$ Y", False),
    ],
)
def test_what_variables_make_is_read_again(value: str, held: bool) -> None:
    """procmailrc(5): "$ Evaluate the remainder of this condition ..., skip leading whitespace, then reparse it"."""
    made = scene(b"Subject: x\n\nbody\n")
    made.variables.update(X=value, Y="foo")
    assert Evaluated(Template((" ", Var("X"))), (), HEADER).ask(made).held is held


def test_commands_in_it_run_when_it_is_asked() -> None:
    made = scene(b"Subject: x\n\nbody\n")
    asked = Evaluated(Template(("^Subject: ", Var("`1"))), (AssignOutput("`1", "echo x"),), HEADER)
    assert asked.ask(made).held
    assert asked.describe() == 'header has "^Subject: ${`1}"'


def test_variables_that_make_a_weight() -> None:
    made = scene()
    made.set("W", "1^0")
    found = Evaluated(Template((Var("W"), " a")), (), HEADER).made(made)
    assert found == Weighted(1.0, 0.0, Grep("header", "a"))
    assert found.describe() == '1^0 header has "a"'
    assert found.ask(made).held


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("12k", 12), ("", 0), ("x", 0), ("-5", -5), ("+5", 5), ("1 000", 1), ("9" * 30, 10**18)],
)
def test_numbers(text: str, number: int) -> None:
    assert leading_number(text) == number


def test_names() -> None:
    assert [area_of(text, 0) for text in ("A ?? b", "A_1??b", "A? b", "a b ?? c", "?? b")] == ["A", "A_1", "", "", ""]
