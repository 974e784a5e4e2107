"""Conditions of a recipe: the line; what each means is tested in words/test_condition.py."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Problems
from mdafilter.lang.procmail.conditions import parse
from mdafilter.lang.procmail.flags import Flags
from mdafilter.lang.procmail.lines import logical_lines
from mdafilter.texts import Template, Var
from mdafilter.words.assign import AssignOutput
from mdafilter.words.command import Command
from mdafilter.words.condition import Evaluated, Searched
from mdafilter.words.grep import Grep, Length
from mdafilter.words.logic import Not
from mdafilter.words.run import Runs
from tests.support.procmail import said


def condition(text: str, flags: str = "") -> tuple[object, list[str]]:
    """The condition, and what is said about it."""
    problems = Problems("rc", f":0\n{text}")
    line = logical_lines(f":0\n{text}")[1]
    found = parse(line, Flags(flags), problems)
    return found, [f"{p.line}:{p.column} {p.severity}: {p.text}" for p in problems.errors + problems.warnings]


@pytest.mark.parametrize(
    ("text", "flags", "wanted"),
    [
        ("* ^Subject", "", Grep("header", "^Subject")),
        ("*^Subject  ", "B", Grep("body", "^Subject")),
        ("* ^Subject", "D", Grep("header", "^Subject", ignore_case=False)),
        ("* ^(a|\\\n   b)", "", Grep("header", "^(a|b)")),
        ("* A ?? b", "", Grep("$A", "b")),
        ("* ? echo a;", "", Runs(Command("echo a;"), "header")),
        ("* ! ? test -f x", "HB", Not(Runs(Command("test -f x"), "both"))),
        ("* > 10", "B", Length("both", 10, True)),
        ("* $ ^a\\.b", "", Grep("header", "^a\\.b")),
        ("* $ ! < 10", "", Not(Length("both", 10, False))),
    ],
)
def test_conditions(text: str, flags: str, wanted: object) -> None:
    assert condition(text, flags) == (wanted, [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("* $ ^$A", Evaluated(Template((" ^", Var("A"))), (), Searched("header"))),
        ("* ! $ A ?? $B", Not(Evaluated(Template((" A ?? ", Var("B"))), (), Searched("header")))),
        ("* B ?? $ x$B", Evaluated(Template((" x", Var("B"))), (), Searched("body", named=True))),
        (
            "* $ `a;`",
            Evaluated(Template((" ", Var("`0"))), (AssignOutput("`0", Command("a;")),), Searched("header")),
        ),
    ],
)
def test_conditions_with_variables_are_read_when_the_rule_runs(text: str, wanted: object) -> None:
    assert condition(text) == (wanted, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("* 1^1 ! (", "2:9 warning: regular expression: a ( without a )"),
        ("* -1^0 > 5k", '2:11 warning: "k" is passed over: a size is a number of octets'),
        ("* 1^1 ?", "2:8 error: there is no program after the ?"),
        ('* 1^1 ! mdafilter ?? heder "a"', "2:22 error: unknown test `heder`"),
        ("* $ ${A", "2:5 error: not supported yet: this form of a variable (${...})"),
        ("* $ ${A-b", "2:5 error: a { that is never closed"),
        ("* ?", "2:4 error: there is no program after the ?"),
        ("*  ^a(b", "2:6 warning: regular expression: a ( without a )"),
        ("* ^a(|\\\n  b", "2:5 warning: regular expression: a ( without a )"),
        ("* ^a|\\\n  b[c", "3:4 warning: regular expression: a [ without a ]"),
        ("* \\[SPAM\\]", "2:3 warning: procmail takes off a backslash at the beginning"),
        ("* ^a # b", "2:6 warning: a condition has no comment: # belongs to it"),
        ("* < 10k", '2:7 warning: "k" is passed over: a size is a number of octets'),
        ("* > x", '2:5 warning: "x" is passed over: a size is a number of octets'),
    ],
)
def test_what_is_said(text: str, said: str) -> None:
    assert condition(text)[1][0] == said


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (":0\n* ?\nx", ["error 2:4 there is no program after the ? | as in * ? test -f file"]),
        (":0\n* > 10k\nx", ['warning 2:7 "k" is passed over: a size is a number of octets | written: * > 100000']),
        (":0\n* >\nx", ["warning 2:4 no size: it counts as 0 | written: * > 100000"]),
        (":0\n* ^a(\nx", ["warning 2:5 regular expression: a ( without a ) | procmail goes on with what it has"]),
        (
            ":0\n* \\^a\nx",
            [
                "warning 2:3 procmail takes off a backslash at the beginning | write () before the first backslash, if it belongs to the expression"
            ],
        ),
        (
            ":0\n* ^a # b\nx",
            [
                "warning 2:6 a condition has no comment: # belongs to it | procmail looks for what follows, too: a comment stands on a line of its own"
            ],
        ),
        (
            ":0\n* $ ${A\nx",
            [
                "error 2:5 not supported yet: this form of a variable (${...}) | procmail has ${NAME}, ${NAME-text}, ${NAME:-text}, ${NAME+text} and ${NAME:+text}"
            ],
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(rules: str, expected: list[str]) -> None:
    assert said(rules) == expected
