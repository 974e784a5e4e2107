"""Wildcards where `?` takes a character (RFC 5228 section 2.7.1, RFC 5051)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching import glob
from mdafilter.matching.casemap import characters, prepared
from mdafilter.matching.wideglob import match, parse
from tests.support.clock import linear


def found(key: str, value: str) -> tuple[str, ...] | None:
    return match(parse(key), value, [limits.MATCH_STEPS])


@pytest.mark.parametrize(
    ("key", "value", "values"),
    [
        ("", "", ()),
        ("*", "", ("",)),
        ("É", "é", ()),
        ("É", "e\u0301", ()),
        ("e\u0301", "é", ()),
        ("caf?", "café", ("é",)),
        ("caf??", "cafe\u0301", ("e", "\u0301")),
        ("?af*", "ÇAFÉ au lait", ("Ç", "É au lait")),
        ("*É*", "un café é", ("un caf", " é")),
        ("*?É?*", "é café!é", ("é ca", "f", "!", "é")),
        ("*??", "äöü", ("ä", "ö", "ü")),
        ("*?", "é", ("", "é")),
        ("?*?", "äb", ("ä", "", "b")),
        ("*a*?b?*", "xaéyBü", ("x", "é", "y", "ü", "")),
        ("e*", "é", ("",)),
        ("e**\u0301", "é", ("", "")),
        ("*\u0301", "é", ("",)),
        ("*\u0301?", "éx", ("", "x")),
        ("*e*\u0301*", "éé", ("", "", "é")),
        ("\\É\\*\\?*", "é*?é", ("é",)),
        ("*＊*", "a*b", ("a", "b")),  # a full-width asterisk is a letter like any other
        ("a\\", "A\\", ()),
        ("*\udcff?", "é\udcffx", ("é", "x")),
    ],
)
def test_what_wildcards_take(key: str, value: str, values: tuple[str, ...]) -> None:
    """RFC 5229, 3.2: "The wildcards match as little as possible"."""
    assert found(key, value) == (value, *values)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", "é"),
        ("é", ""),
        ("?", ""),
        ("??", "é"),
        ("caf?", "cafe\u0301"),
        ("café", "cafe"),
        ("e?", "é"),
        ("?\u0301", "é"),
        ("*\u0301?", "é"),
        ("??*??", "éàü"),
        ("*é*é*", "é"),
        ("é*é", "é"),
        ("*＊*", "ab"),
        ("\\?", "é"),
        ("*x?", "éx"),
        ("?x*", "xé"),
    ],
)
def test_what_does_not_match(key: str, value: str) -> None:
    assert found(key, value) is None


_keys = st.text("aé?*\\bß\u0301", max_size=8)


@given(_keys, st.text("AÉbßa\u0301", max_size=10))
def test_it_finds_what_a_search_through_everything_finds(key: str, value: str) -> None:
    assert (found(key, value) is not None) is _slowly(key, value)


@given(st.text("ab?*\\", max_size=8), st.text("ABab", max_size=10))
def test_of_ascii_it_finds_what_the_other_finds(key: str, value: str) -> None:
    other = glob.match(glob.parse(key.upper()), value, value.upper(), [limits.MATCH_STEPS])
    assert found(key, value) == other


def _slowly(key: str, value: str) -> bool:
    view = prepared(value)
    ends = {0}
    for text in characters(value):
        ends.add(max(ends) + len(text))
    begins = sorted(ends)
    states, signs = {0}, iter(key)
    for sign in signs:
        if sign == "*":
            states = {after for at in states for after in range(at, len(view) + 1)}
        elif sign == "?":
            states = {begins[begins.index(at) + 1] for at in states if at in ends and at < len(view)}
        else:
            letter = prepared(next(signs, sign) if sign == "\\" else sign)
            states = {at + len(letter) for at in states if view.startswith(letter, at)}
    return len(view) in states


@given(st.text(), st.text())
def test_whatever_it_is_it_matches_or_not(key: str, value: str) -> None:
    values = found(key, value)
    assert values is None or values[0] == value


def test_the_time_is_linear() -> None:
    pieces = parse("*é?é*ö*")
    assert linear(lambda value: match(pieces, value, [limits.MATCH_STEPS]), "éxö" * 60_000)


def test_the_steps_are_counted() -> None:
    with pytest.raises(RuleStalled):
        match(parse("*é?ü*"), "éx" * 1000, [100])
