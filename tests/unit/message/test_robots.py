"""Who is never answered."""

from __future__ import annotations

import pytest

from mdafilter.message import Message
from mdafilter.message.robots import ABSENCE, automatic, why_not


def why(sender: str, *fields: str) -> str:
    return why_not(sender, Message.parse("".join(f"{field}\n" for field in fields).encode() + b"\n").headers)


@pytest.mark.parametrize(
    "sender",
    [
        *("", "<>", "MAILER-DAEMON", "mailer-daemon@x.test", "LISTSERV@x.test", "majordomo@x.test", "noreply@x.test"),
        *("owner-list@x.test", "list-request@x.test", "list-bounces@x.test", "Owner-List@x.test"),
    ],
)
def test_addresses_of_no_person(sender: str) -> None:
    """RFC 5230, 4.6: "addresses ending in "-request" or beginning in "owner-" ... are also suggested"."""
    assert why(sender)


@pytest.mark.parametrize("sender", ["ann@x.test", "postmaster@x.test", "request@x.test", "homeowner-a@x.test", "ann"])
def test_addresses_of_people(sender: str) -> None:
    """RFC 5230, 4.6: "Some addresses, like "POSTMASTER", are generally actually managed by people"."""
    assert why(sender) == ""


@pytest.mark.parametrize(
    "field",
    [
        *(f"List-{name}: x" for name in ("Id", "Help", "Subscribe", "Unsubscribe", "Post", "Owner", "Archive")),
        *("Auto-Submitted: auto-generated", "Auto-Submitted: auto-replied (vacation)", "Auto-submitted: AUTO-X; a=b"),
        *("Precedence: bulk", "Precedence: Junk", "Precedence: list", "X-Auto-Response-Suppress: DR, OOF"),
        *("X-Auto-Response-Suppress: All", "Content-Type: multipart/report; report-type=delivery-status"),
    ],
)
def test_what_programs_and_lists_send(field: str) -> None:
    assert why("ann@x.test", field)


@pytest.mark.parametrize(
    "field",
    [
        *("Auto-Submitted: no", "Auto-Submitted: no (really)", "Auto-Submitted: No; a=b", "Precedence: normal"),
        *("X-Auto-Response-Suppress: DR, RN", "X-List-Id: x", "Content-Type: multipart/mixed; boundary=report"),
    ],
)
def test_what_people_send(field: str) -> None:
    """RFC 5230, 4.6: "an "Auto-submitted" header field with a value other than "no"."""
    assert why("ann@x.test", field) == ""


def test_who_wants_no_answer_may_want_to_know_of_an_absence() -> None:
    """MS-OXCMAIL 2.2.3.2.14: "AutoReply" suppresses other answers than those of who is away, which "OOF" does."""
    for value, absent in (("AutoReply", ""), ("OOF", "wants no answer"), ("DR, All", "wants no answer")):
        headers = Message.parse(f"X-Auto-Response-Suppress: {value}\n\n".encode()).headers
        assert "wants no answer" in why_not("ann@x.test", headers)
        assert absent in why_not("ann@x.test", headers, ABSENCE)
        assert bool(absent) is bool(why_not("ann@x.test", headers, ABSENCE))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("", False),
        ("Auto-Submitted: NO", False),
        ("Auto-Submitted: no\nAuto-Submitted: auto-x", True),
        ("List-Id: x", False),
    ],
)
def test_what_says_that_a_program_has_sent_it(fields: str, found: bool) -> None:
    """RFC 3834 section 5."""
    assert automatic(Message.parse(f"{fields}\n\n".encode()).headers) is found
