"""Perl-compatible patterns."""

from __future__ import annotations

import pytest

from mdafilter.matching import patterns
from mdafilter.matching.patterns import PatternError


def found(pattern: str, text: str) -> tuple[str, ...] | None:
    return patterns.compile(pattern, ignore_case=True, syntax="pcre").search(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("^Subject:.*viagra", "Subject: cheap\n VIAGRA", ("Subject: cheap\n VIAGRA",)),  # s is on
        ("\\d{3}", "a123", ("123",)),
        ("a+?", "aaa", ("a",)),
        ("(?<n>a)(?P<m>b)(?'o'c)", "abc", ("abc", "a", "b", "c")),
        ("(?:a)(?=b)(?!c)b", "ab", ("ab",)),
        ("(?<=a)b(?<!x)", "ab", ("b",)),
        ("(?>a+)b", "aab", ("aab",)),
        ("a++b", "aab", ("aab",)),
        ("(?-i:A)b", "aB AB", ("AB",)),
        ("(?i)a", "A", ("A",)),
        ("a\\z", "a", ("a",)),
        ("a\\Z", "a\n", ("a",)),
        ("a\\h\\x41\\x{e9}", "a\tAé", ("a\tAé",)),
        ("\\Qa.b(\\E+", "a.b((", ("a.b((",)),
        ("\\Q*", "*", ("*",)),
        ("[[:digit:]\\w-]+", ".1a-", ("1a-",)),
        ("[\\x41-\\x43\\h]+", "xAB C", ("AB C",)),
        ("[^\\]]", "]a", ("a",)),
        ("(a)\\1", "aa", ("aa", "a")),
        ("a\\Rb", "a\r\nb", ("a\r\nb",)),
        ("(?#why)a", "a", ("a",)),
    ],
)
def test_what_is_found(pattern: str, text: str, expected: tuple[str, ...]) -> None:
    assert found(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "offset"),
    [
        ("a\\Kb", "not supported", 1),
        ("(?R)", "(?R is not supported", 0),
        ("a(*SKIP)b", "verbs", 1),
        ("\\p{L}", "Unicode properties", 0),
        ("ab(?i)c", "only at the beginning", 2),
        ("a(b", "missing )", 1),
        ("ab)", "unbalanced parenthesis", 2),
        ("a\\x{zz}", "a character is written", 1),
        ("a\\", "backslash at the end", 1),
        ("[a", "a [ without a ]", 0),
        ("[[:foo:]]", "no class", 1),
        ("[\\N]", "inside of brackets", 1),
        ("x**", "multiple repeat", 2),
    ],
)
def test_mistakes_have_their_place(pattern: str, text: str, offset: int) -> None:
    with pytest.raises(PatternError) as raised:
        found(pattern, "")
    assert text in raised.value.text
    assert raised.value.offset == offset
