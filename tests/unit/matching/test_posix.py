"""POSIX extended regular expressions."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.matching import patterns
from mdafilter.matching.patterns import PatternError


def found(pattern: str, text: str, *, ignore_case: bool = False) -> str | None:
    match = patterns.compile(pattern, ignore_case=ignore_case, syntax="ere").search(text)
    return None if match is None else match[0]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("me(\\+.*)?@company\\.com", "me+lists@company.com", "me+lists@company.com"),  # the draft's own examples
        ("^[^[:lower:]]+$", "MAKE MONEY 24/7", "MAKE MONEY 24/7"),
        ("^[^[:lower:]]+$", "Make money", None),
        ("a{2}", "aaa", "aa"),
        ("a{2,}", "caaa", "aaa"),
        ("a{,2}b", "aaab", "aab"),
        ("a{1,2}", "aaa", "aa"),
        ("a{x", "a{x", "a{x"),
        ("{", "{", "{"),
        ("a}", "a}", "a}"),
        ("[]a]+", "x]a", "]a"),
        ("[^]a]+", "]xa", "x"),
        ("[a-]+", "b-a", "-a"),
        ("[-a]+", "b-a", "-a"),
        ("[+--]+", "a,-+", ",-+"),
        ("[\\n]+", "a\\nb", "\\n"),  # a backslash is no escape inside of brackets
        ("[[.a.]-c]+", "xabc", "abc"),
        ("[[=a=]b]", "b", "b"),
        ("[[:digit:][:upper:]_]+", "ab1_X", "1_X"),
        ("[[:space:]]", "a\tb", "\t"),
        ("[a&&b||~]+", "x&|~", "&|~"),
        ("a*?", "aa", "aa"),  # a repetition of a repetition, not a lazy one
        ("(ab)*+", "abab", "abab"),
        ("a|", "b", ""),
        ("x\\|y\\(", "x|y(", "x|y("),
        ("a.c", "a\nc", "a\nc"),
        ("^^a$$", "a", "a"),
        ("#x y", "#x y", "#x y"),
        ("é+", "éé", "éé"),
    ],
)
def test_what_is_found(pattern: str, text: str, expected: str | None) -> None:
    """POSIX.2, 9.4."""
    assert found(pattern, text) == expected


def test_classes_know_ascii_only() -> None:
    assert found("[[:alpha:]]+", "é") is None
    assert found("É", "é", ignore_case=True) is None


@pytest.mark.parametrize(
    ("pattern", "text", "offset"),
    [
        ("ab(c", "a ( without a )", 2),
        ("abc)", "a ) without a (", 3),
        ("*a", "there is nothing before the * that it could repeat", 0),
        ("a|+", "there is nothing before the + that it could repeat", 2),
        ("(?a)", "there is nothing before the ? that it could repeat", 1),
        ("[abc", "a [ without a ]", 0),
        ("[", "a [ without a ]", 0),
        ("x[[:foo:]]", "no class of characters: [:foo:]", 9),
        ("[[.abc.]]", "no single character: [.abc.]", 1),
        ("[[:alpha", "without a :]", 1),
        ("[b-a]", "the range b-a ends before it begins", 1),
        ("a{2,1}", "the first number of an interval is larger than the second", 1),
        ("a{1", "an interval is written {2}, {2,} or {2,5}", 1),
        ("a{99999}", f"an interval repeats more than {limits.REGEX_REPEAT} times", 1),
        ("a{999999999999}", f"an interval repeats more than {limits.REGEX_REPEAT} times", 1),
        ("a{,}", "an interval is written {2}, {2,} or {2,5}", 1),
        ("(a)\\1", "back references like \\1 are not supported", 3),
        ("abc\\", "a backslash at the end", 3),
    ],
)
def test_mistakes_have_their_place(pattern: str, text: str, offset: int) -> None:
    """draft-murchison-sieve-regex-07, 3: "basic regular expressions, word boundaries and backreferences are not
    supported ... Implementations SHOULD reject regular expressions that are unsupported"."""
    with pytest.raises(PatternError) as raised:
        found(pattern, "")
    assert text in raised.value.text
    assert raised.value.offset == offset


@pytest.mark.parametrize(
    ("pattern", "text", "expected", "warning"),
    [
        ("\\d", "5d", "d", "\\d means the letter d, and no class of characters"),
        ("\\w+", "-ab", "ab", "\\w is not in POSIX regular expressions"),
        ("\\<b\\>", "a b", "b", "\\< is not in POSIX regular expressions"),
    ],
)
def test_what_the_c_library_takes_beyond_posix_is_warned_of(
    pattern: str, text: str, expected: str, warning: str
) -> None:
    assert found(pattern, text) == expected
    assert patterns.compile(pattern, ignore_case=False, syntax="ere").warnings[0] == (warning, 0)


def gnu(pattern: str, text: str, *, ignore_case: bool = True) -> tuple[str, ...] | None:
    return patterns.compile(pattern, ignore_case=ignore_case, syntax="regexp").search(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a)", "a)", ("a)",)),
        ("(a))", "a)", ("a)", "a")),
        ("(a)\\1", "aA", ("aA", "a")),
        ("(a)b(c)\\2\\1", "abcca", ("abcca", "a", "c")),
        ("\\`a", "ba", None),
        ("a\\'", "ba", ("a",)),
        ("ba{,}", "baa", ("baa",)),
        ("\\d", "d1", None),
        ("x\\d*", "x", ("x",)),
        ("\\D", "d", ("d",)),
        ("\\w\\s", "a b", ("a ",)),
    ],
)
def test_what_the_gnu_c_library_takes(pattern: str, text: str, expected: tuple[str, ...] | None) -> None:
    assert gnu(pattern, text) == expected


def test_a_letter_behind_a_backslash() -> None:
    """The C library folds the text to lower case, and not this letter."""
    assert gnu("\\d", "d", ignore_case=False) == ("d",)
    ((text, offset),) = patterns.compile("a\\d", ignore_case=True, syntax="regexp").warnings
    assert (text, offset) == ("\\d finds nothing: it is no class of characters", 1)


@pytest.mark.parametrize(
    ("pattern", "offset"), [("\\1(a)", 0), ("(a\\1)", 2), ("a{", 1), ("{", 0), ("a{x}", 1), ("(a", 0)]
)
def test_mistakes_in_tables(pattern: str, offset: int) -> None:
    with pytest.raises(PatternError) as raised:
        gnu(pattern, "")
    assert raised.value.offset == offset
