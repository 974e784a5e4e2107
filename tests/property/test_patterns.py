"""Patterns and wildcards on whatever text: no exception but the declared ones, and the same meaning as a plain model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching import glob, patterns
from mdafilter.matching.patterns import Budget, PatternError
from mdafilter.words.variables import quote_regex, quote_wildcards

PATTERNS = st.text("ab.*+?|()[]{}^$\\-:=,12 \n<>/QExdwK!#ä", max_size=25)
TEXTS = st.text("ab \n.*ä\\1", max_size=25)


@settings(max_examples=200)
@given(PATTERNS, TEXTS, st.sampled_from(["ere", "procmail", "pcre"]), st.booleans())
def test_a_pattern_is_searched_or_refused(pattern: str, text: str, syntax: str, newline: bool) -> None:
    """An error has its place within the pattern."""
    offset, found = 0, None
    try:
        found = patterns.compile(pattern, ignore_case=True, syntax=syntax, newline=newline).search(text, Budget(0.2))
    except PatternError as error:
        offset = error.offset
    except RuleStalled:
        pass  # within its budget, which is what is promised
    assert 0 <= offset <= len(pattern)
    assert found is None or found[0] in text


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_a_quoted_text_finds_itself(text: str) -> None:
    quoted = patterns.compile(quote_regex(text), ignore_case=False, syntax="ere")
    assert quoted.search(f"x{text}y") == (text,)
    assert not quoted.warnings
    assert glob.match(glob.parse(quote_wildcards(text)), text, text, [limits.MATCH_STEPS]) == (text,)


def model(key: str, value: str) -> tuple[str, ...] | None:
    """The shortest first, by trying all: exponential, for short strings only."""
    if not key:
        return () if not value else None
    if key[0] == "*":
        for end in range(len(value) + 1):
            rest = model(key[1:], value[end:])
            if rest is not None:
                return (value[:end], *rest)
        return None
    if not value or key[0] not in ("?", value[0]):
        return None
    rest = model(key[1:], value[1:])
    return None if rest is None else (value[0], *rest) if key[0] == "?" else rest


@settings(max_examples=200)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcards_are_what_trying_all_finds(key: str, value: str) -> None:
    found = glob.match(glob.parse(key), value, value, [limits.MATCH_STEPS])
    expected = model(key, value)
    assert found == (None if expected is None else (value, *expected))


@settings(max_examples=100)
@given(st.text(max_size=20))
def test_wildcards_give_back_every_character(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        pytest.skip("no text of UTF-8")
    found = glob.match(glob.parse("*?*"), value, value, [limits.MATCH_STEPS])
    octets = [part.encode("utf-8", "surrogateescape") for part in found or ()]
    assert b"".join(octets[1:]) == (value.encode() if value else b"")
