"""Whatever a message or a journal says, what is shown prints, and is never too long to read."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.cli import received, record, view
from mdafilter.cli.terminal import printable, short
from mdafilter.journal import Entry, Filed, read
from mdafilter.message import Message

TEXT = st.text(alphabet=st.characters(), max_size=60)
PIECES = st.sampled_from(
    [
        b"From: ", b"To: ", b"Received: from ", b" by ", b"; Sun, 22 Nov 2026 14:00:00 +0000", b"\n", b"\r\n", b"\n\n",
        b"Content-Type: multipart/mixed; boundary=x\n", b"--x\n", b"--x--\n", b"Content-Disposition: attachment; filename=",
        b"=?utf-8?b?", b"?=", b"\x1b[2J", b"\xff", b"(", b")", b"<", b">", b'"', b",",
        b"Content-Transfer-Encoding: base64\n", b"Content-Type: message/rfc822\n",
    ]
)  # fmt: skip


@given(TEXT, st.integers(3, 80))
def test_any_text_prints(text: str, width: int) -> None:
    assert printable(text).isprintable()
    assert short(text, width).isprintable()
    assert len(short(text, width)) <= width


@given(st.lists(PIECES | st.binary(max_size=30), max_size=40).map(b"".join))
def test_any_octets_are_a_message_that_is_shown(octets: bytes) -> None:
    seen = view.view(Message.parse(octets))
    json.dumps(seen)
    assert all(line.isprintable() for line in view.render(seen))


@given(st.lists(TEXT, max_size=4))
def test_any_fields_are_a_path(values: list[str]) -> None:
    assert len(received.path(values)) == len(values)


@given(TEXT, TEXT, st.floats(-1e17, 1e17))
def test_any_entry_is_a_block_that_prints(one: str, other: str, time: float) -> None:
    entry = Entry(time, one, other, other, one, one, other, 1, (Filed(other, one, "", one),), None, (one,), (other,))
    assert all(line.isprintable() for line in record.block(entry, [entry]).split("\n"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
        max_leaves=20,
    )
)
def test_whatever_mail_parser_says_prints(value: object) -> None:
    assert all(
        line.isprintable() for line in view.render_mailparser({"x": value, "error": value} if value else {"x": value})
    )
    assert all(line.isprintable() for line in view.render_mailparser({"x": value, "y": [value], "z": {"k": value}}))


@given(st.dictionaries(st.sampled_from([*Entry._fields, "event"]), st.integers() | TEXT | st.lists(TEXT, max_size=2)))
def test_any_members_of_a_line_are_a_fact_or_none(members: dict[str, object]) -> None:
    line = json.dumps({"time": 1, **members}).replace('{"time": ', '{"time":', 1).encode()
    for fact in read.parse(line):
        assert all(text.isprintable() for text in record.block(fact).split("\n"))
