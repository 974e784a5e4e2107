"""Conditions of a procmailrc, from their text. What is expected here is what procmail itself took them for."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleFailed
from mdafilter.texts import Template, Var
from mdafilter.words.assign import AssignOutput
from mdafilter.words.command import Command
from mdafilter.words.condition import (
    Evaluated,
    NotKnown,
    Searched,
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
        ("1^1 a", True),
        ("-100^0", True),
        ("2.5^.5 a", True),
        ("1 ^ 0 a", True),
        ("1.^.5", True),
        ("1e1^0 a", True),
        ("0x1^0 a", True),
        ("1^1a", True),
        ("^a", False),
        ("a^b", False),
        ("^^a", False),
        ("1^a", False),
        (".^1", False),
        ("1 foo", False),
        ("-foo", False),
    ],
)
def test_weights_are_not_known(text: str, weight: bool) -> None:
    assert weight_at(text, 0) is weight
    if weight:
        with pytest.raises(NotKnown, match="weighted"):
            parse(f"B ?? {text}", HEADER)


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


def test_variables_that_make_a_weight_fail() -> None:
    made = scene()
    made.set("W", "1^0")
    with pytest.raises(RuleFailed, match="weighted"):
        Evaluated(Template((Var("W"), " a")), (), HEADER).ask(made)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("12k", 12), ("", 0), ("x", 0), ("-5", -5), ("+5", 5), ("1 000", 1), ("9" * 30, 10**18)],
)
def test_numbers(text: str, number: int) -> None:
    assert leading_number(text) == number


def test_names() -> None:
    assert [area_of(text, 0) for text in ("A ?? b", "A_1??b", "A? b", "a b ?? c", "?? b")] == ["A", "A_1", "", "", ""]
