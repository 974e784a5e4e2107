"""X-Mdafilter."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.message import Message
from mdafilter.targets.label import labelled, text
from mdafilter.texts import Where
from tests.support.mailboxes import written

AT = Where("/home/alice/.mdafilter.sieve", 12)
RAW = b"From: a@b.test\nSubject: hello\n\nbody\n"


def first_line(raw: bytes) -> str:
    value = email.message_from_bytes(raw, policy=email.policy.default)["X-Mdafilter"]
    return str(value)


def test_it_says_folder_rule_and_what_matched() -> None:
    out = written(labelled(Message.parse(RAW), "Trash", AT, 'header :contains "subject" "hello"'))
    assert out.endswith(RAW)
    assert first_line(out) == 'Trash; rule /home/alice/.mdafilter.sieve:12; header :contains "subject" "hello"'
    assert all(len(line) <= 78 for line in out.split(b"\n"))


def test_a_forged_one_is_renamed() -> None:
    raw = b"x-mdafilter: Trash; rule\n folded\nFrom: a@b.test\nX-Mdafilter: two\n\nbody X-Mdafilter: three\n"
    out = written(labelled(Message.parse(raw), "Junk", None, ""))
    assert out == (
        b"X-Mdafilter: Junk\nX-Original-x-mdafilter: Trash; rule\n folded\nFrom: a@b.test\n"
        b"X-Original-X-Mdafilter: two\n\nbody X-Mdafilter: three\n"
    )


def test_it_has_the_line_ends_of_the_message() -> None:
    out = written(labelled(Message.parse(RAW.replace(b"\n", b"\r\n")), "Trash", AT, "why " * 40))
    assert out.count(b"\n") == out.count(b"\r\n")


@pytest.mark.parametrize("why", ["a\r\nSubject: forged", "a\n\nbody", "a\0b", "a\x85b", "\udcff", "\u2028", "ü" * 300])
def test_nothing_in_it_ends_the_field(why: str) -> None:
    out = written(labelled(Message.parse(RAW), "Trash", AT, why))
    field = out[: out.index(b"From:")]
    assert out.endswith(RAW)
    assert field.isascii()
    assert b"\0" not in field
    assert all(line.startswith(b" ") for line in field.split(b"\n")[1:-1])
    assert Message.parse(out).headers[1].raw == b"From: a@b.test\n"


def test_what_is_not_ascii_can_be_read_again() -> None:
    out = written(labelled(Message.parse(RAW), "Müll", AT, "Grüße"))
    assert Message.parse(out).headers[0].text == f"Müll; rule {AT}; Grüße"


def test_it_is_bounded() -> None:
    assert len(text("f" * 9999, Where("w" * 9999, 1), "y" * 9999)) < 1000


@given(st.text(max_size=200), st.text(max_size=30))
def test_any_reason_is_one_field(why: str, folder: str) -> None:
    out = written(labelled(Message.parse(RAW), folder, AT, why))
    again = Message.parse(out)
    assert [f.key for f in again.headers] == ["x-mdafilter", "from", "subject"]
    assert out.endswith(RAW)


@given(st.lists(st.sampled_from([b"A: b", b"\n", b"\r\n", b"x", b":", b"\0", b"\n ", b"From ", b"\xff"]), max_size=9))
def test_any_message_follows_it_byte_for_byte(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    out = written(labelled(Message.parse(raw), "Trash", AT, "why"))
    assert out.endswith(raw)
    assert Message.parse(out).headers[0].text == f"Trash; rule {AT}; why"
