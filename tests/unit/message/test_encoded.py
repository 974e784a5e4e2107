"""RFC 2047 and charsets."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message.encoded import decode, exact_text, text_of, unbase64
from tests.support.clock import linear


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        # the examples of RFC 2047 section 8
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        ("=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"),
        ("=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=", "םולש ןב ילטפנ"),
    ],
)
def test_the_examples_of_rfc_2047(written: str, shown: str) -> None:
    assert decode(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?B?w?= =?utf-8?B?7w=?=", "ü"),  # a character, and a base64 quantum, cut in two
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"),
        ("=?utf-8*de?Q?=C3=BC?=", "ü"),  # RFC 2231 section 5: with a language
        ("=?UTF-8?b?w7w?=", "ü"),  # no padding
        ("=?utf-8?Q?a b?=", "a b"),  # a blank, which is forbidden and common
        ("=?utf-8?Q?What??=", "What?"),
        ("=?utf-8?Q?=3D?=", "="),
        ("=?utf-8?Q??=x", "x"),
        ("a=?utf-8?Q?b?=c", "abc"),
        ("=?x-nonsense?Q?=FC?=", "ü"),
        ("=?rot13?Q?uryyb?=", "uryyb"),
        ("=?punycode?Q?a-b?=", "a-b"),
        ("=?a\0b?Q?x?=", "x"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?utf-7?Q?a+2AA-b+AN8-?=", "a\ufffdbß"),  # half of a pair is no character
        ("=?utf-8?Q?no end", "=?utf-8?Q?no end"),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=??Q?a?=", "=??Q?a?="),
        ("=?utf-8?Q?a=ZZ?=", "a=ZZ"),
    ],
)
def test_what_is_wrong_is_read_as_people_see_it(written: str, shown: str) -> None:
    assert decode(written) == shown


NO_CHARSETS = (
    "rot13 base64 idna punycode unicode_escape raw_unicode_escape undefined hex zlib mbcs aliases ../os".split()
)


@pytest.mark.parametrize("charset", [*NO_CHARSETS, "x" * 999, "", "\0", "utf-8\n"])
def test_what_is_no_charset_is_read_as_utf_8_or_latin_1(charset: str) -> None:
    assert text_of(b"\\u0041 \xfc", charset).startswith("\\u0041 ")
    assert text_of("ü".encode(), charset) == "ü"


def test_base64_goes_on_behind_padding_and_over_rubbish() -> None:
    assert unbase64(b"YQ==!Yg = = \r\nYw") == b"abc"


def test_past_the_limit_words_stay_as_they_are() -> None:
    text = decode("=?utf-8?q?a?= " * (limits.ENCODED_WORDS + 1))
    assert text == "a" * limits.ENCODED_WORDS + " =?utf-8?q?a?= "


@pytest.mark.parametrize("end", ["", "?="])
@pytest.mark.parametrize(
    "piece",
    [
        "=?utf-8?B?SGVsbG8gV29ybGQgw7zDtsOkIGFiY2Q=?=\n ",
        "=?iso-8859-1?Q?a?= ",
        "=?iso-8859-2?Q?a?= ",
        "=?",
        "=?a?q?",
        "=?=",
        "?=",
        "=?a?b?YQ",
    ],
)
def test_linear(piece: str, end: str) -> None:
    assert linear(lambda text: decode(text + end), piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize(
    ("data", "charset", "expected"),
    [
        ("ü".encode(), "UTF-8", "ü"),
        (b"\xfc", "iso-8859-1", "ü"),
        (b"\xfc", "us-ascii", None),
        (b"\xc3", "utf-8", None),
        (b"abc", "x-unknown", None),
        (b"abc", "punycode", None),
        (b"abc", "base64", None),
        (b"abc", "", None),
    ],
)
def test_text_that_has_to_be_right(data: bytes, charset: str, expected: str | None) -> None:
    assert exact_text(data, charset) == expected


def test_text_that_is_cut() -> None:
    assert exact_text(b"a\xc3", "utf-8", cut=True) == "a"
    assert exact_text(b"\xc3" + b"a" * 9, "utf-8", cut=True) is None
