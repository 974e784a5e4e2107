"""What the journal is told of a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mdafilter import record
from mdafilter.acts import Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.decision import Decision
from mdafilter.journal import Entry, Filed, Score
from mdafilter.message import Envelope, Message
from mdafilter.perform import Receipt, Receipts
from mdafilter.policy import Policy
from mdafilter.texts import Where
from mdafilter.world import Verdict

if TYPE_CHECKING:
    from mdafilter.acts import Act

AT = Where("rules/spam.sieve", 12)


@pytest.mark.parametrize(
    ("received", "found"),
    [
        ("from a (b [192.0.2.1])\n\tby c (Postfix) with ESMTP id 4F1X2y3Z\n\tfor <d>; Sun, 22 Nov 2026", "4F1X2y3Z"),
        ("by c (Postfix, from userid 0) id 4F1X2y3Z; Sun", "4F1X2y3Z"),
        ("from a by b; Sun", ""),
        ("by b id", ""),
        ("by b id <x@y>; Sun", ""),
        ("by b id é; Sun", ""),
        (f"by b id {'A' * 33}; Sun", ""),
    ],
)
def test_the_queue_id_is_in_the_topmost_received_field(received: str, found: str) -> None:
    message = Message.parse(f"Received: {received}\nReceived: by x id OTHER; Mon\n\n".encode())
    assert record.queue_id(message) == found


def test_an_entry_begins_with_who_and_what() -> None:
    message = Message.parse(b"Message-ID: <1@example.org>\n\nbody\n")
    entry = record.begun(message, Envelope("s@a", "r@b", "o@b", queue_id="Q1"), 5.0)
    assert entry == Entry(5.0, "Q1", "", "<1@example.org>", "s@a", "r@b", "o@b", len(message.octets))
    assert record.ended(entry, 7.5).delay == 2.5


def test_what_the_policy_daemon_found_is_in_the_entry() -> None:
    message = Message.parse(b"Subject: hello\n\nbody\n")
    entry = record.begun(message, Envelope(), 5.0)
    decision = Decision((), policy=Policy((("client", "192.0.2.1"), ("spf", "fail")), 2.0))
    assert record.completed(entry, message, Decision(()), Receipts(())).policy == ""
    assert record.completed(entry, message, decision, Receipts(())).policy == (
        "spf=fail (signed by the policy daemon, client 192.0.2.1, 2 s before)"
    )


def test_without_a_queue_id_the_entry_has_one_of_ours() -> None:
    assert record.begun(Message.parse(b""), Envelope(), 1.0).id.startswith("m")


@pytest.mark.parametrize(
    ("act", "folder", "path", "filed"),
    [
        (Keep(), "INBOX", "/m/new/1.x", Filed("keep", "INBOX", "rules/spam.sieve:12", "why", "1.x")),
        (File("Trash"), "Trash", "/m/.Trash/new/1.x", Filed("file", "Trash", "rules/spam.sieve:12", "why", "1.x")),
        (Redirect("a@b"), "", "a@b", Filed("redirect", "a@b", "rules/spam.sieve:12", "why")),
        (Pipe(("p", "q")), "", "p", Filed("pipe", "p q", "rules/spam.sieve:12", "why")),
        (Discard(), "", "", Filed("discard", "", "rules/spam.sieve:12", "why")),
        (Reject("no"), "", "", Filed("reject", "", "rules/spam.sieve:12", "why")),
    ],
)
def test_each_act_is_told_with_its_rule_and_its_reason(act: Act, folder: str, path: str, filed: Filed) -> None:
    assert record.filed(Receipt(act, folder, path, 1, AT, "why", "delivered")) == filed


def test_the_verdict_the_notes_and_the_defects_are_told() -> None:
    message = Message.parse(b"Content-Type: multipart/mixed\n\nx\n")
    decision = Decision((), Verdict(True, 15.2, 5.0, ("GTUBE",)), notes=("one",))
    entry = record.completed(Entry(1.0), message, decision, Receipts((), notes=("two",)))
    assert entry.score == Score("spamd", 15.2, 5.0, True, ("GTUBE",))
    assert entry.notes == ("one", "two")
    assert "no-boundary" in entry.defects
    assert record.completed(Entry(1.0), message, Decision(()), Receipts(())).score is None
