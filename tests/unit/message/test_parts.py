"""What a part says of itself."""

from __future__ import annotations

import pytest

from mdafilter.message import Message, Part
from mdafilter.message.parts import media_type


def part(data: bytes) -> Part:
    return Message.parse(data).parts[0]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b" Text/HTML; charset=x", "text/html"),
        (b" text (c) / plain (d)", "text/plain"),
        (b" application/x y=z", "application/x"),
        # RFC 2045, 5.2: "it is also recommend that this default be assumed when a syntactically invalid
        # Content-Type header field is encountered"
        (b" image", "text/plain"),
        (b" a/b/c", "text/plain"),
        (b" /x", "text/plain"),
        (b" x/", "text/plain"),
        (b"", "text/plain"),
        (b" multipart; boundary=b", "multipart/mixed"),
    ],
)
def test_media_type(body: bytes, wanted: str) -> None:
    assert media_type(body) == wanted


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (b"Content-Disposition: inline; filename=a", "inline"),
        (b"Content-Disposition: ATTACHMENT", "attachment"),
        # RFC 2183, 2.8: "Unrecognized disposition types should be treated as attachment."
        (b"Content-Disposition: x-other; filename=a", "attachment"),
        (b"Content-Disposition: filename=a", ""),
        (b"Content-Disposition: (c) inline", "inline"),
        (b"X: y", ""),
    ],
)
def test_disposition(field: bytes, wanted: str) -> None:
    assert part(field + b"\n\n").disposition == wanted


def test_text_in_its_charset() -> None:
    assert part(b"Content-Type: text/plain; charset=utf-8\n\n\xc3\xbc").text() == "ü"
    assert part(b"Content-Type: text/plain; charset=cp850\n\n\x81").text() == "ü"
    assert part(b"Content-Type: text/plain; charset=rot13\n\n\xfc").text() == "ü"
    assert part(b"\n\xfc").text() == "ü"
    assert part(b"Content-Transfer-Encoding: base64\n\nw7w=").text() == "ü"
    assert part(b"Content-Transfer-Encoding: Quoted-Printable (c)\n\n=C3=BC").text(1) == "Ã"


def test_parameter() -> None:
    one = part(b"Content-Type: text/plain; charset=\"x\"; Name*=utf-8''%C3%BC\n\n")
    assert (one.parameter("Charset"), one.parameter("name"), one.parameter("y")) == ("x", "ü", None)
    assert part(b"\n").parameter("charset") is None


def test_a_part_is_frozen_in_place_with_another_header() -> None:
    message = Message.parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n")
    root = message.parts[0]
    other = root.with_headers(message.headers)
    assert (other.path, other.children, other.is_container) == ("", root.children, True)
    assert repr(message.parts[1]) == "<Part 1: text/plain>"
    assert repr(root) == "<Part root: multipart/mixed>"


def test_transfer_encodings() -> None:
    """ "encoding := "Content-Transfer-Encoding" ":" mechanism" (RFC 2045, 6.1): no parameters, and one field."""
    fields = ("7bit", "(x) BASE64 ; a=b", '"base64"')
    part = Message.parse("".join(f"Content-Transfer-Encoding: {one}\n" for one in fields).encode() + b"\nx").parts[0]
    assert part.encodings() == ("7bit", "base64")
    assert part.encoding == "7bit"
    assert Message.parse(b"From: a\n\nx").parts[0].encodings() == ()


def test_the_part_at_a_place_and_the_next_one() -> None:
    message = Message.parse(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: message/rfc822\n\nA: b\n\nx\n--b--\n"
    )
    root, one, two, inner = message.parts
    assert [message.part(path) for path in ("", "1", "2", "2.1")] == [root, one, two, inner]
    assert [message.part(path) for path in ("3", "1.1", "2.1.1")] == [None] * 3
    assert (root.following, one.following, two.following, inner.following) == (None, two, None, None)
