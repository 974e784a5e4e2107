"""Tokens of RFC 5228 section 8.1, and the text of every error of the lexer."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.lang.sieve.lexer import Token, decode, tokens
from tests.support.sieve import line


def lexed(script: str | bytes) -> tuple[list[Token], list[str]]:
    text, problems = decode(script if isinstance(script, bytes) else script.encode(), "t.sieve")
    found = tokens(text, problems)
    return found, [line(problem) for problem in problems.listed()]


def good(script: str | bytes) -> list[tuple[str, str]]:
    found, errors = lexed(script)
    assert errors == []
    assert found[-1].kind == "end"
    return [(token.kind, token.value) for token in found[:-1]]


def wrong(script: str | bytes) -> list[str]:
    return lexed(script)[1]


def test_all_kinds_of_tokens() -> None:
    assert good('If :Contains 10 "Ab" {[(,)]};') == [
        ("name", "if"),
        ("tag", ":contains"),
        ("number", "10"),
        ("string", "Ab"),
        *[(c, c) for c in "{[(,)]};"],
    ]


def test_places_count_characters() -> None:
    found, _errors = lexed('/* é\n */ keep\t"é" stop\r\n  x')
    assert [(t.value, t.line, t.column) for t in found] == [
        ("keep", 2, 5),
        ("é", 2, 10),
        ("stop", 2, 14),
        ("x", 3, 3),
        ("", 3, 4),
    ]


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_byte_order_mark_and_both_line_ends(start: bytes, newline: bytes) -> None:
    assert good(start + b"keep;" + newline + b"# x" + newline + b"stop;")[2] == ("name", "stop")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("1k", 1024),
        ("1K", 1024),
        ("2M", 2 << 20),
        ("3g", 3 << 30),
        (str(2**64 - 1), 2**64 - 1),
        ("2147483647", 2147483647),
        ("0" * 100 + "1K", 1024),
        ("17179869183G", 17179869183 << 30),
    ],
)
def test_numbers(text: str, number: int) -> None:
    """RFC 5228 section 2.4.1: "K" specifies kibi-, or 1,024 (2^10) times the value of the number"""
    assert lexed(text)[0][0].number == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('""', ""),
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', r"a\b"),
        (r'"\a\*"', "a*"),
        (r'"\\\""', '\\"'),
        ('"a\nb"', "a\r\nb"),
        ('"a\r\nb"', "a\r\nb"),
        ('"a;#/*{"', "a;#/*{"),
        ("text:\n.\n", ""),
        ("text:\na\n.\n", "a\r\n"),
        ("TEXT: \t\r\na\r\n.\r\n", "a\r\n"),
        ("text: # why\na\n.\n", "a\r\n"),
        ("text:\n..\n..b\n.c\n...\n.\n", ".\r\n.b\r\n.c\r\n..\r\n"),
        ("text:\na\n.", "a\r\n"),
        ("text:\n\n.\n", "\r\n"),
        ('text:\n"\\a"\n.\n', '"\\a"\r\n'),
    ],
)
def test_strings(text: str, value: str) -> None:
    """RFC 5228 section 2.4.2: "a line that begins with a dot followed by a non-dot character is not interpreted as
    dot-stuffed"; "An undefined escape sequence ... is interpreted as if there were no backslash"."""
    assert good(text) == [("string", value)]


@pytest.mark.parametrize(
    "text", ["# x\n", "# x", "/* x */", "/**/", "/***/", "/* a\n* b */", "/* # */", "#/*\n", " \t\r\n"]
)
def test_comments_are_white_space(text: str) -> None:
    """RFC 5228 section 2.3: "Bracketed comments do not nest." """
    assert good(f"a{text}") == [("name", "a")]


def test_text_without_colon_is_a_name() -> None:
    assert good("text;") == [("name", "text"), (";", ";")]


def test_a_tag_named_text_begins_no_text() -> None:
    assert good(':text "a"') == [("tag", ":text"), ("string", "a")]


@pytest.mark.parametrize(
    ("script", "errors"),
    [
        ("1x", ["1:1 `1x` is no number | a number may end in K, M or G"]),
        ("10kb", ["1:1 `10kb` is no number | a number may end in K, M or G"]),
        (str(2**64), ["1:1 this number is too large | the largest is 18446744073709551615 (16 EiB - 1)"]),
        ("9" * 5000, ["1:1 this number is too large | the largest is 18446744073709551615 (16 EiB - 1)"]),
        ("16777216T", ["1:1 `16777216T` is no number | a number may end in K, M or G"]),
        ("17179869184G", ["1:1 this number is too large | the largest is 18446744073709551615 (16 EiB - 1)"]),
        ("-1", ["1:1 `-` cannot stand here | numbers have no sign (RFC 5228 section 2.4.1)"]),
        ("1.5M", ["1:2 `.` cannot stand here | numbers have no fraction (RFC 5228 section 2.4.1)"]),
        ("a && b", ["1:3 `&&` cannot stand here | write allof (test, test)"]),
        ("a || b", ["1:3 `||` cannot stand here | write anyof (test, test)"]),
        ("!a", ["1:1 `!` cannot stand here | write not before the test"]),
        ("a == b", ['1:3 `==` cannot stand here | write a test like: header :is "subject" "text"']),
        ("$a", ['1:1 `$` cannot stand here | a variable is written inside of a string: "${name}"']),
        ("// a", ["1:1 `//` cannot stand here | a comment is # to the end of the line, or /* ... */"]),
        ("%", ['1:1 `%` cannot stand here | strings stand in ", comments behind # or in /* */']),
        ("%" * 50, [f'1:1 `{"%" * 37}...` cannot stand here | strings stand in ", comments behind # or in /* */']),
        (": is", ["1:1 a tag's name is missing after `:` | a tag is written like :contains, without blank"]),
        (":1a", ["1:1 a tag's name is missing after `:` | a tag is written like :contains, without blank"]),
        ('\n  "a', ['2:3 this string is never closed | a string ends with "']),
        ('"a\\', ['1:1 this string is never closed | a string ends with "']),
        ("text:\nx\n", ["1:1 this `text:` is never closed | it ends with a line that has only a dot"]),
        ("text:", ["1:1 this `text:` is never closed | it ends with a line that has only a dot"]),
        (
            "text: a\n.\n",
            ["1:7 the text begins on the line after `text:` | only a # comment may follow on that line"],
        ),
        ("keep; /* a", ["1:7 this comment is never closed | it ends with */"]),
        ("keep;\xa0\xa0", ["1:6 character U+00A0 is no blank here | write a plain blank"]),
        ("'a'", ["1:1 a string cannot begin with ' | strings are written in straight double quotes: \""]),
        ("“a”", ['1:1 a string cannot begin with “ | strings are written in straight double quotes: "']),
        ("„a“", ['1:1 a string cannot begin with „ | strings are written in straight double quotes: "']),
        ("'a", ["1:1 `'` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        (
            "a\0",
            [
                "1:2 NUL cannot stand in a script (RFC 5228 section 2.1)"
                ' | where it is really meant, require "encoded-character" and write ${hex:00}'
            ],
        ),
        (
            "a\rb\n",
            [
                "1:2 a carriage return without line feed cannot stand in a script (RFC 5228 section 2.1)"
                " | lines end in CRLF or LF"
            ],
        ),
    ],
)
def test_errors(script: str | bytes, errors: list[str]) -> None:
    assert wrong(script) == errors


def test_a_string_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STRING_OCTETS", 10)
    assert good(f'"{"a" * 10}"')
    assert wrong(f'"{"a" * 11}"') == ["1:1 this string is longer than 10 characters | shorten it"]


def test_quotes_that_are_none_become_the_string_that_was_meant() -> None:
    assert [t.value for t in lexed("keep “Trash”;")[0]] == ["keep", "Trash", ";", ""]


def test_the_string_that_lacks_its_quote_is_found() -> None:
    """One quote too few turns inside and outside round: the error is where it began, not at the end of the file."""
    script = 'fileinto "Trash;\nstop;\nif header "subject" "x" { fileinto "y"; }\n'
    found, errors = lexed(script)
    assert errors == ['1:10 this string is never closed | a string ends with "']
    assert [t.value for t in found[:4]] == ["fileinto", "Trash", ";", "stop"]


def test_two_quotes_that_are_missing_are_both_found() -> None:
    script = 'if header "subject" "x { fileinto "Trash"; }\nfileinto "Junk;\nkeep "a;";\n'
    assert wrong(script) == [
        '1:21 this string is never closed | a string ends with "',
        '2:10 this string is never closed | a string ends with "',
    ]


def test_a_long_string_with_semicolons_is_not_suspected() -> None:
    assert good('reject "Hello;\nno {\nmore;";')[1] == ("string", "Hello;\r\nno {\r\nmore;")


def test_what_is_never_closed_cuts_the_script() -> None:
    assert lexed('keep "a')[0][-1].value == "cut"
    assert lexed("keep; # a")[0][-1].value == ""


def test_octets_that_are_no_utf_8_stand_in_strings_and_comments() -> None:
    """RFC 5228 section 2.4.2: "implementations MUST accept all strings that match the grammar in section 8. The ability
    to use non-UTF-8 encoded strings matches existing practice"; 2.1: "Strings and comments may contain octets outside the
    US-ASCII range"."""
    script = b'"\xe9" # \xe9\n/* \xff */ text:\r\n\xc3\r\n.\r\n "\xc3\xa9"'
    text, problems = decode(script, "t.sieve")
    assert [t.value for t in tokens(text, problems)] == ["\udce9", "\udcc3\r\n", "é", ""]
    assert problems.errors == []
    assert [line(p) for p in problems.warnings] == [
        "1:2 octet 0xe9 is not valid UTF-8"
        " | it is compared as that octet; for a letter convert the script, for instance: iconv -f latin1 -t utf-8"
    ]
    assert problems.warnings[0].source == '"?" # ?'


def test_elsewhere_they_are_an_error() -> None:
    assert wrong(b"keep \xe9;") == ['1:6 `?` cannot stand here | strings stand in ", comments behind # or in /* */']
