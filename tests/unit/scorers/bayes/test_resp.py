"""The protocol of Redis, against a socket that says anything."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.resp import Line, Place, place
from mdafilter.scorers.bayes.store import CountsError


def said(octets: bytes) -> object:
    ours, theirs = socket.socketpair()
    theirs.sendall(octets)
    theirs.shutdown(socket.SHUT_WR)
    line = Line(ours)
    try:
        return line.ask("PING")
    finally:
        line.close()
        theirs.close()


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        (b"+OK\r\n", b"OK"),
        (b":7\r\n", 7),
        (b"$3\r\na\r\n\r\n", b"a\r\n"),
        (b"$-1\r\n", None),
        (b"*2\r\n:1\r\n$-1\r\n", [1, None]),
    ],
)
def test_replies(octets: bytes, reply: object) -> None:
    assert said(octets) == reply


@pytest.mark.parametrize("octets", [b"-ERR no\r\n", b"", b"$5\r\nab", b"$99999999999\r\n", b"x\r\n", b"*1\r\n" * 9])
def test_what_is_no_reply(octets: bytes) -> None:
    with pytest.raises(CountsError):
        said(octets)


@given(st.binary(max_size=100))
def test_any_octets(octets: bytes) -> None:
    try:
        said(octets)
    except CountsError:
        pass


def test_places() -> None:
    assert place("redis://u:p%40@h:7/2") == Place("", "h", 7, 2, "u", "p@")
    assert place("redis+unix:/run/r.sock") == Place("/run/r.sock")
    for wrong in ("redis:h", "redis://h:x", "redis://h/db"):
        with pytest.raises(ValueError):  # noqa: PT011 - each says something of its own
            place(wrong)
