"""Other octets in the place of a part, and around a message."""

from __future__ import annotations

import base64
import os
import resource
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.message import Message, Octets
from mdafilter.message.splice import enclosed, in_base64, is_ascii, with_part

MESSAGE = b"""Subject: x
Content-Type: multipart/mixed; boundary=b

preamble
--b

one
--b
Content-Type: text/html

two
--b--
epilogue
"""
ENTITY = b"Content-Type: text/plain\n\nnew"


def octets(message: Message) -> bytes:
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in message.pieces())


def changed(message: Message, path: str, entity: bytes = ENTITY) -> bytes:
    part = message.part(path)
    assert part is not None
    made = with_part(message, part, entity)
    assert made is not None
    return octets(made)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_all_around_the_part_stays_as_it_is(newline: bytes) -> None:
    whole, entity = MESSAGE.replace(b"\n", newline), ENTITY.replace(b"\n", newline)
    before, _, after = whole.partition(b"Content-Type: text/html" + newline * 2 + b"two")
    assert changed(Message.parse(whole), "2", entity) == before + entity + after
    before, _, after = whole.partition(newline + b"one")
    assert changed(Message.parse(whole), "1", entity) == before + entity + after


def test_a_header_that_was_changed_is_written() -> None:
    message = Message.parse(MESSAGE)
    message = message.with_headers(message.headers.without([0]))
    assert changed(message, "1") == MESSAGE.replace(b"Subject: x\n", b"").replace(b"\none", ENTITY)


def test_the_line_end_before_a_delimiter_is_there() -> None:
    """RFC 2046 section 5.1.1: "The boundary delimiter MUST occur at the beginning of a line"."""
    message = Message.parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\ntwo\n--b--\n")
    assert (
        changed(message, "1")
        == b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + ENTITY + b"\n--b\n\ntwo\n--b--\n"
    )


def test_a_part_of_an_encoded_message() -> None:
    """What was decoded is changed and encoded again; the outer structure stays."""
    inner = base64.encodebytes(b"From: i@example.org\n" + MESSAGE)
    head = b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n"
    message = Message.parse(head + b"content-transfer-encoding: Base64\n\n" + inner + b"--o--\n")
    made = Message.parse(changed(message, "1.1.2"))
    assert [part.type for part in made.parts] == [
        *("multipart/mixed", "message/rfc822", "multipart/mixed", "text/plain", "text/plain"),
    ]
    assert made.parts[1].encoding == "base64"
    new = made.part("1.1.2")
    assert new is not None and new.decoded() == b"new"
    assert made.parts[2].headers.first("From") is not None


def test_a_part_of_a_root_that_is_encoded() -> None:
    body = MESSAGE.partition(b"\n\n")[2]
    head = MESSAGE.partition(b"\n\n")[0] + b"\nContent-Transfer-Encoding: base64\n\n"
    made = Message.parse(changed(Message.parse(head + base64.encodebytes(body)), "2"))
    new = made.part("2")
    assert new is not None and new.decoded() == b"new" and made.headers.first("Subject") is not None


def test_what_cannot_be_decoded_as_a_whole_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = base64.encodebytes(MESSAGE)
    message = Message.parse(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + inner)
    part = message.part("1.1")
    assert part is not None
    monkeypatch.setattr(limits, "PART_DECODE", 20)
    assert with_part(message, part, ENTITY) is None


def test_a_message_in_another_one() -> None:
    assert octets(enclosed(Message.parse(MESSAGE), b"<", b">")) == b"<" + MESSAGE + b">"


def test_a_large_message_is_never_in_memory(tmp_path: Path) -> None:
    """100 MB: the copy is made by the kernel, into a file."""
    path = tmp_path / "large"
    size = 100 * 1024 * 1024
    with path.open("wb") as file:
        file.write(MESSAGE.partition(b"two")[0])
        file.truncate(size)
        file.seek(size)
        file.write(b"\n--b--\n")
    fd = os.open(path, os.O_RDONLY)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    message = Message.parse(Octets.map(fd))
    first = message.part("1")
    assert first is not None
    made = with_part(message, first, ENTITY)
    assert made is not None and made.octets.fd is not None
    assert [part.type for part in made.parts] == ["multipart/mixed", "text/plain", "text/html"]
    whole = enclosed(made, b"Subject: y\n\n", b"")
    assert whole.size > size
    os.close(fd)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # KiB


def test_base64_in_lines() -> None:
    """RFC 2045 section 6.8: lines "of no more than 76 characters each"."""
    data = bytes(range(256))
    assert in_base64(data, b"\r\n").replace(b"\r\n", b"\n") + b"\n" == base64.encodebytes(data)
    assert in_base64(b"", b"\n") == b""


def test_is_ascii() -> None:
    assert is_ascii(Octets.of(b"abc")) and not is_ascii(Octets.of(b"ab\xe4"))
