"""Fields: unfolding, decoding, making."""

from __future__ import annotations

import email.header

import pytest

from mdafilter.message import Field


def test_unfolding_removes_the_line_end_only() -> None:
    """RFC 5322, 2.2.3: "Unfolding is accomplished by simply removing any CRLF that is immediately followed by WSP." """
    field = Field("Subject", b"Subject: This\r\n is a\r\n\ttest\r\n")
    assert field.value == "This is a test"


@pytest.mark.parametrize(
    ("raw", "value", "text"),
    [
        (b"S:x\n", "x", "x"),
        (b"S: x \n", "x ", "x"),
        (b"S:  x\n", " x", " x"),
        (b"S:\r\n x\r\n", "x", "x"),
        (b"S:", "", ""),
        (b"S : a:b", "a:b", "a:b"),
        (b"S: \xc3\xbc\n", "ü", "ü"),
        (b"S: \xfc\n", "ü", "ü"),
        (b"S: =?utf-8?q?=C3=BC?=\n =?utf-8?q?x?=\n", "=?utf-8?q?=C3=BC?= =?utf-8?q?x?=", "üx"),
    ],
)
def test_value_and_text(raw: bytes, value: str, text: str) -> None:
    field = Field("S", raw)
    assert (field.value, field.text, field.key) == (value, text, "s")


def test_a_made_field_cannot_bring_another_one() -> None:
    field = Field.make("X-A:\r\nB", "a\r\nBcc: x\n\ny\rz\0", b"\r\n")
    assert field.raw == b"X-AB: a Bcc: x  y z \r\n"
    assert field.name == "X-AB"


def test_a_made_field_is_ascii_in_words_of_75_characters() -> None:
    """RFC 2047, 2: "An 'encoded-word' may not be more than 75 characters long"."""
    value = "Grüße aus Köln – " * 20
    field = Field.make("Subject", value, b"\n")
    assert field.raw.isascii()
    assert field.text == value.rstrip()
    assert max(map(len, field.raw.split())) <= 75
    assert str(email.header.make_header(email.header.decode_header(field.value))) == value


def test_a_field_is_equal_to_itself_read_or_not() -> None:
    one, other = Field("S", b"S: x\n"), Field("S", b"S: x\n")
    assert one.text == "x"
    assert one == other
    assert hash(one) == hash(other)
