"""A message line by line, as header_checks(5) and body_checks look at it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.message import Field, Headers, Message, Octets
from mdafilter.message.lines import KINDS, Edit, edited, lines
from tests.support.clock import linear

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
    """postconf(5), body_checks_size_limit: "How much text in a message body segment"; a line that begins there counts.

    What Postfix counts from is the empty line before the body.
    """
    body = [text for kind, text in found(limit=6) if kind == "body"]
    assert body == ["preamble", "one", "two", "three"]
    assert [text for kind, text in found(limit=5) if kind == "body"] == ["preamble", "one", "three"]
    assert [text for kind, text in found(limit=1) if kind == "body"] == []


def test_behind_what_is_looked_at_the_next_part_is_found() -> None:
    mail = MAIL.replace(b"one\n", b"x\n--no\n" * 10_000)
    assert found(mail, ("mime", "nested"), limit=5)[-3:] == found()[-6:-3]


def test_empty_lines_are_passed_over() -> None:
    """ "Empty lines never match"."""
    assert found(b"A: b\n\n\n\r\nx\n\n") == [("header", "A: b"), ("body", "x")]


def test_a_line_that_is_no_field_ends_a_header() -> None:
    assert found(b"A: b\nX : y\n z\nno field\nB: c\n\nd") == [
        ("header", "A: b"),
        ("header", "X: y\n z"),
        ("body", "no field"),
        ("body", "B: c"),
        ("body", "d"),
    ]


def test_long_lines_come_in_pieces() -> None:
    """header_checks(5): "one physical line at a time, in chunks of at most $line_length_limit bytes"."""
    size = limits.TABLE_LINE
    message = b"\n" + b"a" * size + b"b\n" + b"c" * size + b"\nd" + b"e" * size
    pieces = list(lines(Message.parse(message), ("body",)))
    assert [(line.text[0], len(line.text), line.newline) for line in pieces] == [
        ("a", size, b""),
        ("b", 1, b"\n"),
        ("c", size, b""),
        ("d", size, b""),
        ("e", 1, b""),
    ]
    assert b"".join(message[line.start : line.end] for line in pieces) == message[1:].replace(b"\nd", b"d")


def test_long_fields_are_cut() -> None:
    """postconf(5), header_size_limit; a line of it is looked at whole."""
    folded = b"A: b\n" + b" 23456789\n" * 20_000 + b"B: c\n\n"
    first, second = lines(Message.parse(folded), ("header",))
    assert limits.TABLE_FIELD <= len(first.text) < limits.TABLE_FIELD + 10
    assert (second.text, first.end) == ("B: c", second.start)
    (only,) = lines(Message.parse(b"A: " + b"x" * 200_000), ("header",))
    assert limits.TABLE_FIELD <= len(only.text) < limits.TABLE_FIELD + limits.TABLE_LINE


def test_octets_are_characters() -> None:
    assert found("A: ä\n\n".encode() + b"\xff\0\n") == [("header", "A: Ã¤"), ("body", "ÿ\0")]


def test_a_changed_header_is_what_is_looked_at() -> None:
    message = Message.parse(MAIL).on_top(Field.make("X-New", "1", b"\n"))
    changed = list(lines(message, KINDS))
    assert [line.text for line in changed] == ["X-New: 1", *(text for _, text in found())]
    octets = written(message)
    assert all(octets[line.start : line.end].startswith(line.text.encode()) for line in changed)


def test_a_header_of_which_nothing_is_left() -> None:
    message = Message.parse(MAIL)
    gone = message.with_headers(Headers())
    (first, *_) = lines(gone, ("body",))
    assert (first.text, written(gone)[first.start : first.end]) == ("preamble", b"preamble\n")
    assert written(edited(gone, [Edit(first.start, first.end, b"")])) == written(gone).replace(b"preamble\n", b"")
    assert list(lines(Message.parse(b""), KINDS)) == []


def written(message: Message) -> bytes:
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in message.pieces())


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("index", range(16))
def test_each_line_can_be_edited(index: int, newline: bytes, changed: bool) -> None:
    mail = MAIL.replace(b"\n", newline)
    message = Message.parse(mail)
    if changed:
        message = message.on_top(Field.make("X-New", "1", newline))
        mail = b"X-New: 1" + newline + mail
    line = list(lines(message, KINDS))[index]
    assert line.newline == newline
    before, behind = mail[: line.start], mail[line.end :]
    assert written(edited(message, [Edit(line.start, line.end, b"")])) == before + behind
    assert (
        written(edited(message, [Edit(line.start, line.start, b"X: y\nZ: a\n")]))
        == before + b"X: y\nZ: a\n" + mail[line.start :]
    )
    assert written(edited(message, [Edit(line.start, line.end, b"X: y\n")])) == before + b"X: y\n" + behind


def test_all_lines_can_be_edited_at_once() -> None:
    message = Message.parse(MAIL)
    edits = [Edit(line.start, line.end, b"") for line in lines(message, KINDS)]
    assert written(edited(message, edits)) == b"\n\n\n\n\n"


def test_the_octets_of_the_body_stay_where_only_the_header_is_edited() -> None:
    message = Message.parse(MAIL)
    (first, *_) = lines(message, ("header",))
    changed = edited(message, [Edit(first.start, first.end, b"Subject: b\n")])
    assert changed.octets is message.octets
    assert changed.headers[0].value == "b"


def test_a_header_that_grows_too_long_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEADER_FIELDS", 4)
    message = Message.parse(MAIL)
    (first, *_) = lines(message, ("header",))
    assert written(edited(message, [Edit(first.start, first.start, b"A: b\nB: c\n")])) == b"A: b\nB: c\n" + MAIL


def test_nothing_to_edit() -> None:
    message = Message.parse(MAIL)
    assert edited(message, []) is message


def test_a_large_message_is_edited_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(b"A: b\n\nfirst\n" + b"x" * 70 + b"\n" + (b"y" * 70 + b"\n") * (2 * limits.WINDOW // 71))
    fd = os.open(path, os.O_RDONLY)
    message = Message.parse(Octets.map(fd))
    first = next(lines(message, ("body",)))
    changed = edited(message, [Edit(first.start, first.end, b"other\n")])
    assert changed.octets.fd is not None
    assert written(changed) == path.read_bytes().replace(b"first", b"other")
    os.close(fd)
    changed.octets.close()


@pytest.mark.parametrize(
    "piece",
    [b"--x\n\n", b"--x--\n", b"a\n", b"\n--", b" \n", b"A: b\n", b"--x\nContent-Type: multipart/a; boundary=x\n\n"],
)
def test_the_time_is_linear(piece: bytes) -> None:
    start = b"Content-Type: multipart/mixed; boundary=x\n"
    assert linear(lambda text: list(lines(Message.parse(start + text), KINDS)), b"\n" + piece * (200_000 // len(piece)))
