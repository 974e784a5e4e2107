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


def test_an_address_cannot_write_fields() -> None:
    letter = digest(SUMMARY, [], "a@x\nBcc: b@y", NOON)
    assert b"\nBcc" not in letter
