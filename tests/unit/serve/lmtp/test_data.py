"""What follows DATA and BDAT. The smuggling dialogues of tests/dialogues/lmtp show what becomes of it."""

from __future__ import annotations

import pytest

from mdafilter.serve.lmtp.data import Counted, Dotted
from tests.support.clock import linear

MESSAGES = {
    b".\r\n": b"",
    b"\r\n.\r\n": b"\n",
    b"a\r\n.\r\n": b"a\n",
    b"..\r\n.\r\n": b".\n",
    b".a\r\n..\r\n...\r\n.\r\n": b"a\n.\n..\n",
    b"a\r\n..\r\n\r\n.\r\n": b"a\n.\n\n",
    b"a\rb\r\r\n.\r\n": b"a\rb\r\n",
    b"\r\r\n.\r\n": b"\r\n",
    b"a.\r\n.\r\n": b"a.\n",
}


def ways(data: bytes) -> list[list[bytes]]:
    two = [[data[:at], data[at:]] for at in range(len(data))]
    return [[data], [data[i : i + 1] for i in range(len(data))], *two]


def decoded(pieces: list[bytes]) -> tuple[bytes, Dotted]:
    dotted = Dotted()
    return b"".join([dotted.feed(piece) for piece in pieces if dotted.rest is None]), dotted


@pytest.mark.parametrize("data", MESSAGES)
def test_a_message_in_any_pieces(data: bytes) -> None:
    for pieces in ways(data):
        content, dotted = decoded(pieces)
        assert content == MESSAGES[data]
        assert dotted.rest == b""
        assert not dotted.false_end


@pytest.mark.parametrize("data", MESSAGES)
def test_the_size_is_that_of_the_message_on_the_line(data: bytes) -> None:
    """RFC 1870, 5: "the number of octets, including CR-LF pairs, but not the SMTP DATA command's terminating dot or
    doubled quoting dots"."""
    content, dotted = decoded([data])
    assert dotted.size == len(content) + data.count(b"\r\n") - 1


def test_what_follows_the_end_is_left() -> None:
    content, dotted = decoded([b"a\r\n.\r\nQUIT\r\n.\r\n"])
    assert (content, dotted.rest) == (b"a\n", b"QUIT\r\n.\r\n")


FALSE = [
    b"\n.\n",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\n.\r\n",
    b"\r\n.\r",
    b"\r.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n.\r\r\n",
    b"\n",
    b"\n\r",
]


@pytest.mark.parametrize("false", FALSE)
@pytest.mark.parametrize("before", [b"", b"a", b"a\r\n"])
def test_no_false_end_ends_a_message(before: bytes, false: bytes) -> None:
    for pieces in ways(before + false + b"smuggled\r\n.\r\n"):
        content, dotted = decoded(pieces)
        assert dotted.rest == b""
        assert content.endswith(b"smuggled\n")
        assert dotted.false_end


def test_little_is_held_back() -> None:
    dotted = Dotted()
    assert dotted.feed(b"abc") == b"abc"
    assert dotted.feed(b"\r\n.\r") == b""
    assert dotted.feed(b"x") == b"\n\rx"


def test_chunks_are_one_message() -> None:
    counted = Counted()
    pieces = [b"a\r", b"\nb\r", b"c\n.\r\n", b"", b"\r\r\n\r"]
    assert b"".join([*map(counted.feed, pieces), counted.end()]) == b"a\nb\rc\n.\n\r\n\r"


@pytest.mark.parametrize("piece", [b"\r\n.", b"\r\n..", b".\r\n", b"\r", b"\n", b"x", b"\r\n.\r", b"xxxxxxxx\r\n"])
def test_it_is_linear(piece: bytes) -> None:
    def read(data: bytes) -> None:
        dotted = Dotted()
        for at in range(0, len(data), 1000):
            dotted.feed(data[at : at + 1000])

    assert linear(read, piece * 100_000)
