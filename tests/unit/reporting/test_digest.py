"""The letter: both texts come out of it as they went in, and what messages say is in neither's structure."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from mdafilter.cli.report_text import render
from mdafilter.reporting import Summary
from mdafilter.reporting.digest import digest
from mdafilter.reporting.page import page
from tests.support.reports import BAD, NOON, SUMMARY


@pytest.mark.parametrize("summary", [SUMMARY, BAD], ids=["usual", "hostile"])
def test_both_parts_are_there(summary: Summary) -> None:
    lines = list(render(summary, 78))
    letter = digest(summary, lines, "alice@example.org", NOON)
    read = email.message_from_bytes(letter, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert read.defects == []
    assert read.get_content_type() == "multipart/alternative"
    text, shown = read.iter_parts()
    assert (text.get_content_type(), shown.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == [*lines, ""][: len(text.get_content().splitlines())]
    assert shown.get_content() == page(summary)
    assert (read["To"], read["Auto-Submitted"]) == ("alice@example.org", "auto-generated")
    assert read["Subject"] == "Your mail, 2026-11-21 to 2026-11-23: 1041 delivered, 13 filed as spam"
    assert max(map(len, letter.splitlines())) <= 998, "RFC 5322 section 2.1.1"


def test_a_field_stands_once_and_each_line_is_short() -> None:
    """RFC 5322 section 3.6: "origination date field and the originator address field(s)" must be there, once; section
    2.1.1: "SHOULD be no more than 78 characters". It is no list's (RFC 2919), and has no Precedence."""
    letter = digest(SUMMARY, list(render(SUMMARY, 78)), "alice@example.org", NOON)
    read = email.message_from_bytes(letter, policy=email.policy.default)
    names = [name.lower() for name in read]
    assert len(names) == len(set(names))
    assert {"date", "from", "to", "subject", "mime-version", "auto-submitted"} <= set(names)
    assert not {"list-id", "precedence", "reply-to"} & set(names)
    assert read["Date"].datetime.timestamp() == NOON
    head, _, body = letter.partition(b"\n\n")
    assert max(map(len, head.splitlines())) <= 998 and max(map(len, body.splitlines())) <= 78
    boundary = read.get_boundary()
    assert boundary is not None and len(boundary) <= 70, "RFC 2046 section 5.1.1"
    assert letter.count(boundary.encode()) == 4


def test_an_address_cannot_write_fields() -> None:
    letter = digest(SUMMARY, [], "a@x\nBcc: b@y", NOON)
    assert b"\nBcc" not in letter
