"""Quotes, variables and commands in strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.lang.procmail.strings import Reader, Unknown, words
from mdafilter.texts import Either, Template, Var
from tests.support.clock import linear


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("'single $A `b`'", "single $A `b`"),
        ('"two words"', "two words"),
        ("a'b c'd\"e f\"", "ab cde f"),
        (r"back\ slash\$", "back slash$"),
        (r'"in \"quotes\" \$A \x"', r'in "quotes" $A \x'),
        ("$A", Template((Var("A"),))),
        ("x${A}y", Template(("x", Var("A"), "y"))),
        ("${A:-b}", Template((Either("A", ":-", "b"),))),
        ("${A-$B}", Template((Either("A", "-", Template((Var("B"),))),))),
        ("${A:+b}", Template((Either("A", ":+", "b"),))),
        ("$1", Template((Var("$1"),))),
        ("cost$", "cost$"),
    ],
)
def test_a_word(text: str, wanted: object) -> None:
    spelled = Reader(text).word()
    assert (spelled.text, spelled.commands, spelled.end) == (wanted, (), len(text))


def test_a_word_ends_at_a_blank() -> None:
    assert Reader("a b").word().end == 1
    assert [one.text for one in words(" a 'b c'\td ")] == ["a", "b c", "d"]


def test_commands_are_run_before() -> None:
    spelled = Reader("x`date`y`who`", first=3).word()
    assert spelled.commands == (("`3", "date"), ("`4", "who"))
    assert spelled.text == Template(("x", Var("`3"), "y", Var("`4")))


def test_the_rest_is_as_in_double_quotes() -> None:
    """procmailrc(5): "$ Evaluate the remainder according to sh(1) substitution rules inside double quotes"."""
    assert Reader(r"^a b\.$A'").rest().text == Template((r"^a b\.", Var("A"), "'"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$$", "the process number"),
        ("a$?", "the last exit status"),
        ("'a", "a ' that is never closed"),
        ('"a', 'a " that is never closed'),
        ("`a", "a ` that is never closed"),
        ("${A", "a { that is never closed"),
        ("${A%b}", "this form of a variable"),
        (r"$\A", "variables that are quoted"),
    ],
)
def test_what_is_not_known(text: str, what: str) -> None:
    with pytest.raises(Unknown) as raised:
        Reader(text).word()
    assert what in raised.value.text


@given(st.text(alphabet="aA$`'\"{}\\:-+ 1\t", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        words(text)
        Reader(text).rest()
    except Unknown:
        pass


@pytest.mark.parametrize("piece", ["$A", "a", "'a'", "`a`", "\\a", "${A}"])
def test_the_time_is_linear(piece: str) -> None:
    assert linear(lambda text: Reader(text).word(), piece * 20_000)
