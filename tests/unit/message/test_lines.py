"""A message line by line, as header_checks(5) and body_checks look at it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.message import Message, Octets
from mdafilter.message.lines import KINDS, Edit, edited, lines

MAIL = b"""\
Subject: a
 b
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

preamble

--x
Content-Type: text/plain
X-Part: 1

one
two
--x
Content-Type: message/rfc822

Subject: inner
Content-Type: text/plain

three
--x--
epilogue
"""


def found(message: bytes = MAIL, kinds: tuple[str, ...] = KINDS, **more: int) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in lines(Message.parse(message), kinds, **more)]


def test_the_kinds() -> None:
    """header_checks(5): "mime_header_checks ... are applied to MIME related message headers only", and so on."""
    assert found() == [
        ("header", "Subject: a\n b"),
        ("mime", "MIME-Version: 1.0"),
        ("mime", "Content-Type: multipart/mixed; boundary=x"),
        ("body", "preamble"),
        ("body", "--x"),
        ("mime", "Content-Type: text/plain"),
        ("mime", "X-Part: 1"),
        ("body", "one"),
        ("body", "two"),
        ("body", "--x"),
        ("mime", "Content-Type: message/rfc822"),
        ("nested", "Subject: inner"),
        ("mime", "Content-Type: text/plain"),
        ("body", "three"),
        ("body", "--x--"),
        ("body", "epilogue"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_kinds_that_are_asked_for(kind: str) -> None:
    assert found(kinds=(kind,)) == [one for one in found() if one[0] == kind]


def test_line_ends_with_cr() -> None:
    assert found(MAIL.replace(b"\n", b"\r\n")) == found()


def test_of_each_part_the_beginning() -> None:
    """postconf(5), body_checks_size_limit: "How much text in a message body segment"."""
    assert [text for kind, text in found(limit=4) if kind == "body"] == ["prea", "one", "thre"]


def test_empty_lines_are_passed_over() -> None:
    """ "Empty lines never match"."""
    assert found(b"A: b\n\n\n\r\nx\n\n") == [("header", "A: b"), ("body", "x")]


def written(message: Message) -> bytes:
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in message.pieces())


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("index", range(16))
def test_each_line_can_be_edited(index: int, newline: bytes) -> None:
    mail = MAIL.replace(b"\n", newline)
    message = Message.parse(mail)
    line = list(lines(message, KINDS))[index]
    assert mail.count(line.raw) >= 1
    gone = written(edited(message, [Edit(line, b"")]))
    assert len(gone) == len(mail) - len(line.raw)
    other = written(edited(message, [Edit(line, b"X: y\nZ: a\n" + line.raw)]))
    assert other.replace(b"X: y\nZ: a\n", b"", 1) == mail


def test_all_lines_can_be_edited_at_once() -> None:
    message = Message.parse(MAIL)
    assert written(edited(message, [Edit(line, b"") for line in lines(message, KINDS)])) == b"\n\n\n\n\n"


def test_nothing_to_edit() -> None:
    message = Message.parse(MAIL)
    assert edited(message, []) is message


def test_a_large_message_is_edited_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(b"A: b\n\nfirst\n" + b"x" * 70 + b"\n" + (b"y" * 70 + b"\n") * (2 * limits.WINDOW // 71))
    fd = os.open(path, os.O_RDONLY)
    message = Message.parse(Octets.map(fd))
    changed = edited(message, [Edit(next(lines(message, ("body",))), b"other\n")])
    assert changed.octets.fd is not None
    assert written(changed) == path.read_bytes().replace(b"first", b"other")
    os.close(fd)
    os.close(changed.octets.fd)
