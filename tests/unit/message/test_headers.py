"""Headers: what is found, what is kept, and how they change."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Field, Message
from tests.support.clock import linear

RAW = b"Received: a\r\n b\r\nSUBJECT: one\r\nreceived: c\r\n\r\nbody"


def test_fields_are_found_in_any_case_and_in_order() -> None:
    headers = Message.parse(RAW).headers
    assert [field.name for field in headers] == ["Received", "SUBJECT", "received"]
    assert [field.value for field in headers.all("Received")] == ["a b", "c"]
    first = headers.first("subject")
    assert first is not None
    assert first.value == "one"
    assert headers.first("x") is None
    assert (len(headers), headers[1].key) == (3, "subject")
    assert headers.raw() == RAW[:-6]


def test_changes_make_new_headers() -> None:
    headers = Message.parse(RAW).headers
    new = Field.make("X", "y", b"\r\n")
    assert [f.key for f in headers.add(new)] == ["x", "received", "subject", "received"]
    assert [f.key for f in headers.add(new, last=True)] == ["received", "subject", "received", "x"]
    assert [f.key for f in headers.without([0, 2])] == ["subject"]
    assert [f.key for f in headers.replaced(1, new)] == ["received", "x", "received"]
    assert len(headers) == 3


def test_behind_a_line_without_end_a_new_field_begins_on_a_line_of_its_own() -> None:
    headers = Message.parse(b"A: b").headers.add(Field.make("C", "d", b"\n"), last=True)
    assert headers.raw() == b"A: b\nC: d\n"


def names(data: bytes) -> list[str]:
    return [defect.name for defect in Message.parse(data).defects]


def test_junk_is_kept_and_what_follows_is_still_header() -> None:
    data = b"A: b\nthis is no field\nContent-Type: image/x; name=a.exe\n\n"
    message = Message.parse(data)
    assert [f.name for f in message.headers] == ["A", "", "Content-Type"]
    assert message.headers.raw() == data[:-1]
    assert "junk-in-header" in names(data)
    assert [r.text for r in message.parts[0].readings()] == ["a.exe"]


@pytest.mark.parametrize(
    ("data", "defect"),
    [
        (b"A: b\rC: d\n\n", "lone-cr"),
        (b"A: b\r\nC: d\n\n", "mixed-newlines"),
        (b"A: b\0\n\n", "nul-in-header"),
        (b"A: b\n", "no-body"),
        (b"A: b\n" * (limits.HEADER_FIELDS + 1) + b"\n", "header-too-long"),
        (b"A: b\n" + b"X: y\n z\n" * (limits.HEADER_OCTETS // 8) + b"\nbody", "header-too-long"),
        (b"A: " + b"b" * limits.HEADER_OCTETS + b"\n\nbody", "header-too-long"),
    ],
)
def test_defects(data: bytes, defect: str) -> None:
    message = Message.parse(data)
    assert defect in [d.name for d in message.defects]
    changed = message.on_top(Field.make("X", "y", b"\n"))
    written = b"".join(p if isinstance(p, bytes) else data[p.start : p.end] for p in changed.pieces())
    assert written == b"X: y\n" + data
    assert data[message.body :] == data.partition(b"\n\n")[2]


def test_a_good_message_has_no_defects() -> None:
    assert names(RAW) == []
    assert names(b"From a@b Sun Nov 22 14:10:06 2026\nA: b\n\nx") == []


@pytest.mark.parametrize(
    "data",
    [
        b"To: " + b"x" * 1_000_000,
        b"References: " + b"<a@b>\n " * 150_000,
        b"A: b\n" * 200_000,
        b"\r" * 1_000_000,
        b"a\n" * 500_000,
    ],
    ids=["line", "folded", "fields", "cr", "junk"],
)
def test_linear(data: bytes) -> None:
    assert linear(lambda head: [field.text for field in Message.parse(head + b"\n\nbody").headers], data)
