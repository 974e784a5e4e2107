"""Other line ends, piece by piece."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.message import Message, Octets
from mdafilter.message.newlines import WithNewlines, converted

OCTETS = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"xyz"])).map(b"".join)


@given(OCTETS, st.integers(1, 5), st.sampled_from([b"\n", b"\r\n"]))
def test_chunks_may_end_anywhere(data: bytes, size: int, newline: bytes) -> None:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    expected = data.replace(b"\r\n", b"\n").replace(b"\n", newline)
    assert b"".join(converted(chunks, newline)) == expected


def written(what: WithNewlines) -> bytes:
    fd = os.memfd_create("test")
    size = what.write_to(fd)
    assert size == os.fstat(fd).st_size
    data = os.pread(fd, size, 0)
    os.close(fd)
    return data


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_message_with_another_header(newline: bytes) -> None:
    message = Message.parse(Octets.of(b"A: b\nC: d\r\n\r\nx\ny"))
    assert written(WithNewlines(message, newline)) == b"A: b\nC: d\n\nx\ny".replace(b"\n", newline)
    message = message.with_headers(message.headers.without([0]))
    assert written(WithNewlines(message, newline)) == b"C: d\n\nx\ny".replace(b"\n", newline)


def test_a_text() -> None:
    assert written(WithNewlines(b"a\nb", b"\r\n")) == b"a\r\nb"
