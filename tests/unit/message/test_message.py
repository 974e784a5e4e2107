"""Messages: what goes in comes out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mdafilter.message import Field, Headers, Message, Octets, Span

if TYPE_CHECKING:
    from pathlib import Path

CRLF = b"Subject: x\r\nFrom: a@b\r\n\r\nbody\r\n"


def written(message: Message) -> bytes:
    octets = message.octets
    return b"".join(p if isinstance(p, bytes) else octets.slice(p.start, p.end) for p in message.pieces())


def test_an_unchanged_message_is_one_span() -> None:
    message = Message.parse(CRLF)
    assert list(message.pieces()) == [Span(0, len(CRLF))]
    assert (message.size, message.body, message.newline) == (len(CRLF), 25, b"\r\n")


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\r\n", b"\nbody", b"A: b", b"A: b\n", b"junk", b"\0", CRLF, b"A:b\n\n", b" x\n\n"]
)
def test_on_top_leaves_all_octets_below(data: bytes) -> None:
    message = Message.parse(data).on_top(Field.make("X", "1", b"\n"), Field.make("Y", "2", b"\n"))
    assert written(message) == b"X: 1\nY: 2\n" + data
    assert message.size == len(data) + 10
    assert written(Message.parse(data).with_headers(Message.parse(data).headers)) == data


def test_another_header_over_the_same_body() -> None:
    message = Message.parse(CRLF)
    other = message.with_headers(message.headers.without([0]))
    assert written(other) == CRLF[12:]
    assert written(message) == CRLF
    assert written(message.with_headers(Headers())) == b"\r\nbody\r\n"


def test_a_last_line_without_end_gets_one_before_the_body() -> None:
    message = Message.parse(b"A: b\n\nbody")
    assert written(message.with_headers(Headers([Field("C", b"C: d")]))) == b"C: d\n\nbody"


def test_the_tree_stays_while_only_other_fields_change() -> None:
    message = Message.parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n")
    assert len(message.parts) == 2
    other = message.on_top(Field.make("X", "1", b"\n"))
    assert other.parts[1] is message.parts[1]
    assert other.parts[0].headers is other.headers
    plain = other.with_headers(Headers())
    assert [part.type for part in plain.parts] == ["text/plain"]


@pytest.mark.parametrize("offset", [0, 9])
@pytest.mark.parametrize("where", ["file", "pipe", "append"])
def test_write_to(tmp_path: Path, offset: int, where: str) -> None:
    """By the kernel into a file, through memory into a pipe and into what copy_file_range(2) refuses (O_APPEND)."""
    data = b"A: b\n\n" + b"x" * 3000
    spool = tmp_path / "spool"
    spool.write_bytes(b"#" * offset + data)
    with spool.open("rb") as file:
        message = Message.parse(Octets.map(file.fileno(), offset)).on_top(Field.make("X", "1", b"\n"))
        if where == "pipe":
            read, write = os.pipe()
            assert message.write_to(write) == message.size
            os.close(write)
            got = os.read(read, 9999)
            os.close(read)
        else:
            out = tmp_path / "out"
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if where == "append" else 0)
            fd = os.open(out, flags)
            assert message.write_to(fd) == message.size
            os.close(fd)
            got = out.read_bytes()
    assert got == b"X: 1\n" + data


def test_parts_that_were_forgotten_are_found_again() -> None:
    message = Message.parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n")
    root = message.parts[0]
    message.forget_parts()
    assert root.children == () and [part.path for part in message.parts] == ["", "1"]
    message.forget_parts()
    message.forget_parts()
