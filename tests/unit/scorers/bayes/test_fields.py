"""What the header tells, and what of it is left out."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.scorers.bayes.fields import tokens


def of(raw: bytes) -> set[str]:
    return set(tokens(Message.parse(raw + b"\n\n").headers))


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (b"Subject: =?utf-8?Q?FREE_money?=", "subject:free subject:money subject:CAPITALS subject:=?utf-8"),
        (b"From: Bob Doe <bob@mail.example.org>", "from:bob from:bob@mail.example.org from:@example.org"),
        (b"To: a@example.org, b@example.org", "to:many to:a@example.org"),
        (b"Received: from x.example.net ([192.0.2.1]) by y", "received:example.net received:192.0 received:192.0.2.1"),
        (b"Date: Thu, 1 Jan 2026 00:00:00 +0800 (X)", "date:+0800"),
        (b"Message-ID: <1@host.example>", "message-id:host.example header:Message-ID"),
        (b"X-mailer: The Bat", "header:X-mailer x-mailer:the x-mailer:bat"),
    ],
)
def test_fields(field: bytes, wanted: str) -> None:
    assert set(wanted.split()) <= of(field)


@pytest.mark.parametrize("name", ["X-Spam-Status", "X-Mdafilter", "Delivered-To", "Status", "Return-Path"])
def test_what_filters_and_mailboxes_add_is_left_out(name: str) -> None:
    assert of(f"{name}: word".encode()) == set()


def test_many_and_long_fields_are_bounded() -> None:
    raw = b"".join(b"To: " + b"a@b.example, " * 1000 + b"\n" for _ in range(1000))
    assert len(list(tokens(Message.parse(raw + b"\n").headers))) < limits.BAYES_FIELDS * 100
