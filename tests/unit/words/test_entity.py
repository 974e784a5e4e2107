"""MIME entities that rules write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import RuleFailed
from mdafilter.message import Message
from mdafilter.message.splice import joined
from mdafilter.words.entity import check_boundaries, fault, of_mime, of_text


def encoding(text: str) -> str:
    field = of_text(text, b"\n")[0].first("Content-Transfer-Encoding")
    return field.value if field else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello\r\nyou", ""),
        ("grün", "quoted-printable"),
        ("a" * 999, "quoted-printable"),
        ("a" * 998, ""),
        ("a\0b", "base64"),
        ("x\r\n--outer\r\n", "base64"),
    ],
)
def test_a_text_is_encoded_where_it_has_to_be(text: str, expected: str) -> None:
    """RFC 2045 section 2.7: 7bit data has "lines of 998 octets or less", none over 127 and no NULs."""
    assert encoding(text) == expected


@given(st.text(max_size=200), st.sampled_from([b"\n", b"\r\n"]))
def test_the_text_is_what_is_read(text: str, newline: bytes) -> None:
    part = Message.parse(joined(*of_text(text, newline), newline)).parts[0]
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert part.text().replace("\r\n", "\n") == expected
    raw = part.octets.slice(part.body, part.end)
    assert raw.isascii() and b"\0" not in raw and not any(line.startswith(b"--") for line in raw.split(b"\n"))
    assert max(map(len, raw.split(b"\n"))) <= 999


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Content-Type: text/plain\r\n\r\nx", ""),
        ("\r\nbody", ""),
        ("\r\n", ""),
        ("Content-Type: text/plain\r\n\r\n", ""),
        ("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--", ""),
        ("", "empty line"),
        ("just text", "empty line"),
        ("Content-Type: text/plain", "empty line"),
        ("just text\r\n\r\nbody", "is no field"),
        ("Content-Description: grün\r\n\r\n", "not ASCII"),
        ("Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts", "without parts"),
    ],
)
def test_what_is_an_entity(text: str, wrong: str) -> None:
    """RFC 2045 section 2.4: "MIME-defined header fields and contents"."""
    assert wrong in fault(text) and bool(wrong) == bool(fault(text))


def test_an_entity_is_encoded_where_nobody_did() -> None:
    headers, body = of_mime("Content-Type: text/html; charset=utf-8\r\n\r\n<p>grün", b"\n")
    assert [field.name for field in headers] == ["Content-Type", "Content-Transfer-Encoding"]
    assert body == b"<p>gr=C3=BCn"
    headers, body = of_mime("Content-Transfer-Encoding: 8bit\r\n\r\nü", b"\n")
    assert [(field.name, field.value) for field in headers] == [("Content-Transfer-Encoding", "quoted-printable")]
    assert of_mime("Content-Transfer-Encoding: base64\r\n\r\nYQ==", b"\n")[1] == b"YQ=="


def test_a_delimiter_of_what_is_around() -> None:
    message = Message.parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n")
    part = message.parts[1]
    for line in (b"--b", b"--b--", b"--b \t"):
        with pytest.raises(RuleFailed, match="replace: the MIME entity has the boundary of the multipart around it"):
            check_boundaries(b"\n" + line + b"\n", part)
    check_boundaries(b"\n--bb\n -b\nb--\n", part)
