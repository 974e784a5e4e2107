"""Perl-compatible patterns."""

from __future__ import annotations

import pytest

from mdafilter.matching import patterns
from mdafilter.matching.patterns import PatternError


def found(pattern: str, text: str, options: str = "", newline: bool = False) -> tuple[str, ...] | None:
    return patterns.compile(pattern, ignore_case=True, syntax="pcre", options=options, newline=newline).search(text)


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
        ("(?#why(|[)a", "a", ("a",)),
        ("ab(?i)c", "abC", ("abC",)),
        ("\\Ga\\Kb\\E+", "abb", ("abb",)),
        ("a\\C\\X\\N", "a\n\r\nb", ("a\n\r\nb",)),
        ("\\h\\v\\H\\V", "\xa0\x85ab", ("\xa0\x85ab",)),
        ("[\\h\\v]+[\\H]", "\xa0\x85\xe9", ("\xa0\x85\xe9",)),
        ("[[:^alpha:]]+", "ab1\xe92", ("1\xe92",)),
        ("[[:ascii:][:word:]]+", "\xe9a.", ("a.",)),
        ("\\101\\060\\o{102}\\x43\\x{44}\\cI\\x", "A0BCD\t\0", ("A0BCD\t\0",)),
        ("[\\101\\cI]+", "xA\ta", ("A\ta",)),
        ("(a)\\11", "a\t", ("a\t", "a")),
        ("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10", "abcdefghijj", ("abcdefghijj", *"abcdefghij")),
        ("(a)(b)\\g{-1}\\g1\\g{2}", "abbab", ("abbab", "a", "b")),
        ("(?<n>a)\\k<n>\\k'n'\\k{n}\\g{n}(?P=n)", "aaaaaa", ("aaaaaa", "a")),
        ("\\p{Lu}\\pN\\P{L}\\p{^L}\\p{L&}\\p{Any}", "xA1..ab", ("A1..ab",)),
        ("[\\p{Ll}-]+", "1a-\xe9", ("a-\xe9",)),
        ("(?<=a|bc)d(?<!x|ad)", "ad bcd", ("d",)),
        ("(?=a(?i:b)|c)(.)", "c", ("c", "c")),
        ("^(a)?(?(1)b|c)$", "c", ("c", "")),
        ("{,2}a{,2}{x}", "{,2}a{,2}{x}", ("{,2}a{,2}{x}",)),
        ("(?J)a(?s)", "a", ("a",)),
        ("a(?^)B", "aB", ("aB",)),
        ("(?m)b$", "b\na", ("b",)),
    ],
)
def test_what_is_found(pattern: str, text: str, expected: tuple[str, ...]) -> None:
    assert found(pattern, text) == expected


@pytest.mark.parametrize(("brace", "clear"), [("{,2}", "{0,2}"), ("{ 1,\t2 }", "{1,2}"), ("{ 3 }", "{3}")])
def test_what_a_newer_version_reads_differently_is_warned_of(brace: str, clear: str) -> None:
    """PCRE2's ChangeLog, 10.43: {,n} is a quantifier, and blanks may stand within the braces, as in Perl 5.34."""
    ((text, offset),) = patterns.compile(f"ab{brace}", ignore_case=False, syntax="pcre").warnings
    assert offset == 2
    assert text == (
        "PCRE2 takes this for a repetition from 10.43 on, and for characters before, as is done here:"
        f" write {clear}, or \\{{ for the character"
    )


@pytest.mark.parametrize("brace", ["{,}", "{ ,}", "{", "{}", "{2}", "{2,}", "{0,2}", "{,x}", "{a"])
def test_what_all_versions_read_alike_is_not(brace: str) -> None:
    assert patterns.compile(f"ab{brace}", ignore_case=False, syntax="pcre").warnings == ()


@pytest.mark.parametrize(
    ("pattern", "text", "offset"),
    [
        ("(?<n>a)\\g<n>", "subroutines are not supported", 7),
        ("a(?|b)", "(?| is not supported", 1),
        ("a(?1)", "(?1 is not supported", 1),
        ("a(?&n)", "(?& is not supported", 1),
        ("a(?xx)", "(?x is not supported", 1),
        ("a(?i", "(?i is not supported", 1),
        ("a(?#b", "a (?# without a )", 1),
        ("a(?<b", "a (?< without a >", 1),
        ("a\\kb", "\\k is followed by a name like {name}", 1),
        ("a\\g{1", "\\g is followed by a name like {name}", 1),
        ("a\\x{100}", "a character is written \\x41, \\x{41} or \\o{101}, up to 255", 1),
        ("a\\o{}", "a character is written \\x41, \\x{41} or \\o{101}, up to 255", 1),
        ("a\\c\n", "\\c is followed by a letter", 1),
        ("(a)\\g{-2}", "there is no group 0 before this", 3),
        ("a\\2(b)", "there is no group 2", 1),
        ("\\p{Greek}", "no octet has the Unicode property Greek", 0),
        ("a\\g{100}", "there is no group 100", 1),
        ("(a)\\g{-" + "9" * 5000 + "}", "there is no group", 3),
        ("(?R)", "(?R is not supported", 0),
        ("a(*SKIP)b", "verbs like (*SKIP) are not supported", 1),
        ("a(b", "missing )", 1),
        ("ab)", "a ) without a (", 2),
        ("a\\x{zz}", "a character is written \\x41, \\x{41} or \\o{101}, up to 255", 1),
        ("a\\", "backslash at the end", 1),
        ("[a", "a [ without a ]", 0),
        ("[[:foo:]]", "no class", 1),
        ("[\\N]", "\\N is not supported inside of brackets", 1),
        ("[\\8]", "\\8 is not supported inside of brackets", 1),
        ("(?<=a+)b", "fixed-width", 0),
        ("x**", "multiple repeat", 2),
    ],
)
def test_mistakes_have_their_place(pattern: str, text: str, offset: int) -> None:
    with pytest.raises(PatternError) as raised:
        found(pattern, "")
    assert text in raised.value.text
    assert raised.value.offset == offset


@pytest.mark.parametrize(
    ("pattern", "text", "options", "expected"),
    [
        ("a(?-i)b|C", "aB", "", None),
        ("a(?-i)b|C", "c", "", None),
        ("a(?-i)b|C", "C", "", ("C",)),
        ("(a(?-i)b|C)d", "CD", "", ("CD", "C")),  # behind the group case is ignored again
        ("(?-i:A)b", "ab", "", None),
        ("(?i-s).b", "\nB", "", None),
        ("(?^:A.)", "A\n", "", None),
        ("(?^i:A.)b", "axB", "", ("axB",)),
        ("(?x) a b # c | d", "ab", "", ("ab",)),
        ("(?x) a [ ] b\\ c", "a b c", "", ("a b c",)),
        ("a(?x: b )c d", "abc d", "", ("abc d",)),
        ("a b(?-x) c", "ab c", "x", ("ab c",)),
        ("a # b\nc", "ac", "x", ("ac",)),
        ("(?U)(a+)(a*)", "aaa", "", ("a", "a", "")),
        ("(a+)((?-U)a+)(a+?)", "aaaaa", "U", ("aaaaa", "a", "aaa", "a")),
        ("(?-s).", "\n", "", None),
        ("a$", "a\n", "", ("a",)),
        ("a$", "a\n", "E", None),
        ("(?m)a$", "a\nb", "E", ("a",)),
        ("a", "ba", "A", None),
    ],
)
def test_flags(pattern: str, text: str, options: str, expected: tuple[str, ...] | None) -> None:
    """pcre2pattern(3): a change "applies to the remainder of the group", and "affects subsequent branches"."""
    assert found(pattern, text, options) == expected


def test_e_is_ignored_with_m() -> None:
    """pcre_table(5), E: "This flag is ignored if the pcre MULTILINE flag is set"."""
    assert found("a$", "a\nb", "E", newline=True) == ("a",)
    assert found("(?-m)a$", "a\n", "E", newline=True) is None
