"""POSIX basic regular expressions."""

from __future__ import annotations

import pytest

from mdafilter.matching import patterns


def search(pattern: str, text: str, *, newline: bool = False) -> tuple[str, ...] | None:
    return patterns.compile(pattern, ignore_case=True, syntax="bre", newline=newline).search(text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a\\{2\\}", "caat", ("aa",)),
        ("a+(b|c){1}?", "a+(b|c){1}?", ("a+(b|c){1}?",)),
        ("\\(a\\|b\\)\\+c", "xabc", ("abc", "b")),
        ("ab\\?c", "ac", ("ac",)),
        ("*a", "b*a", ("*a",)),
        ("^*a", "*a", ("*a",)),
        ("\\(*a\\)", "*a", ("*a", "*a")),
        ("a^b$c", "a^b$c", ("a^b$c",)),
        ("\\(^a\\)", "ba", None),
        ("a$", "ab", None),
        ("[[:digit:]]*x", "12x", ("12x",)),
        ("\\.", ".", (".",)),
        ("\\<a", "b a", ("a",)),
        ("^^a", "^a", ("^a",)),
        ("\\<*a", "*a", None),
        ("b\\>*", "b*", ("b*",)),
        ("\\`a\\'", "a", ("a",)),
        ("\\(a\\)\\1", "aa", ("aa", "a")),
        ("ba\\{,\\}", "baa", ("baa",)),
        ("\\d", "d", None),
        ("\\D", "d", ("d",)),
    ],
)
def test_what_is_found(pattern: str, text: str, found: tuple[str, ...] | None) -> None:
    assert search(pattern, text) == found


def test_newlines() -> None:
    assert search("^b$", "a\nb", newline=True) == ("b",)
    assert search("^b$", "a\nb") is None


@pytest.mark.parametrize(
    ("pattern", "text", "offset"),
    [
        ("a\\", "a backslash at the end", 1),
        ("\\(a", "a ( without a )", 0),
        ("a\\)", "a ) without a (", 1),
        ("a\\{2", "a \\{ without a \\}", 1),
        ("\\1\\(a\\)", "invalid group reference 1", 0),
        ("[a", "a [ without a ]", 0),
    ],
)
def test_mistakes(pattern: str, text: str, offset: int) -> None:
    with pytest.raises(patterns.PatternError) as raised:
        search(pattern, "")
    assert (raised.value.text, raised.value.offset) == (text, offset)
