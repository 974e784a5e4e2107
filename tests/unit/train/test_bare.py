"""What our delivery put into a message is taken off again, and nothing else."""

from __future__ import annotations

import pytest

from mdafilter.message import Field, Message
from mdafilter.scorers.mark import adopt
from mdafilter.train.bare import bare, local, octets_of
from tests.support.forwards import MX, OURS, POSTFIX, SPAM, VERDICT, delivered


def test_a_delivered_message_is_as_it_came() -> None:
    lying = delivered(SPAM)
    assert lying != SPAM
    assert bare(lying, OURS) == SPAM


def test_with_crlf() -> None:
    raw = SPAM.replace(b"\n", b"\r\n")
    assert bare(delivered(raw), OURS) == raw


def test_a_message_that_has_nothing_of_ours_is_not_touched() -> None:
    assert bare(SPAM, OURS) is SPAM


@pytest.mark.parametrize(
    "name", [b"X-Spam-Status", b"X-Spam-Flag", b"X-Spam", b"x-spam-level", b"X-Mdafilter", b"X-Mdafilter-Policy"]
)
def test_what_the_sender_wrote_gets_its_own_name_back(name: bytes) -> None:
    raw = name + b": No, score=-100\n\tscorer=forged\n" + SPAM
    assert bare(delivered(raw), OURS) == raw


def test_what_a_trusted_host_wrote_stays() -> None:
    raw = b"X-Spam-Status: No, score=1.0\n" + SPAM
    assert bare(delivered(raw, trusted=True), OURS) == raw


def test_the_field_of_the_policy_daemon_goes() -> None:
    """access(5), PREPEND: it stands above the Received of the same smtpd(8)."""
    policy = b"X-Mdafilter-Policy: time=1; client=198.51.100.7; sign=0\nX-Greylist: delayed 300 seconds\n"
    assert bare(POSTFIX + policy + MX + SPAM, OURS) == SPAM


def test_the_subject_that_spamd_rewrote_is_the_old_one() -> None:
    theirs = Message.parse(b"X-Spam-Flag: YES\nSubject: *****SPAM***** x\n\n").headers
    for raw in (SPAM, SPAM.replace(b"Subject: ", b"Subject:\n ")):
        assert bare(octets_of(adopt(Message.parse(MX + raw), VERDICT, theirs)), OURS) == raw


def test_a_subject_that_there_was_not_goes() -> None:
    theirs = Message.parse(b"X-Spam-Flag: YES\nSubject: *****SPAM*****\n\n").headers
    raw = b"From: a@b.example\n\nbody\n"
    assert bare(octets_of(adopt(Message.parse(MX + raw), VERDICT, theirs)), OURS) == raw


def test_fields_of_others_on_top_stay() -> None:
    results = b"Authentication-Results: mx.our.example; spf=pass\n"
    assert bare(POSTFIX + results + MX + SPAM, OURS) == results + SPAM


def test_below_the_first_foreign_host_nothing_is_ours() -> None:
    """RFC 5321, 4.4: what is below a foreign Received may be invented."""
    foreign = b"Received: from x by mx.far.example; Thu, 26 Nov 2026 10:00:00 +0100\n"
    raw = foreign + MX + b"Return-Path: <x@y>\nDelivered-To: other@far.example\nX-Spam-Status: No\n" + SPAM
    assert bare(POSTFIX + raw, OURS) == raw


def test_where_no_host_is_known_the_first_fields_go() -> None:
    nobody = local(())
    assert bare(b"X-Spam-Flag: YES\n" + POSTFIX + MX + SPAM, nobody) == MX + SPAM
    assert bare(SPAM.replace(b"Date:", b"Delivered-To: x\nDate:"), nobody) == SPAM.replace(
        b"Date:", b"Delivered-To: x\nDate:"
    )


@pytest.mark.parametrize(
    "by",
    [b"[192.0.2.25]", b"mx.our.example", b"MX.OUR.EXAMPLE", b"localhost", b"[127.0.0.1]", b"(x) by mx.our.example"],
)
def test_hosts_of_ours(by: bytes) -> None:
    assert bare(b"Received: from a by " + by + b"; Thu\n" + SPAM, OURS) == SPAM


@pytest.mark.parametrize(
    "field", [b"Received: from mx.our.example", b"Received: by", b"Received:", b"Received: by other.example; x"]
)
def test_hosts_of_others(field: bytes) -> None:
    raw = field + b"\n" + SPAM
    assert bare(raw, OURS) == raw


def test_what_programs_note_goes_wherever_it_stands() -> None:
    on_top = b"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nX-Account-Key: account1\nX-UIDL: 1\n"
    at_end = b"Status: RO\nX-Status: A\nX-UID: 17\nX-Keywords: \n\n"
    assert bare(on_top + SPAM.replace(b"\n\n", b"\n" + at_end, 1), OURS) == SPAM


@pytest.mark.parametrize("line", [b"From shop@shop.example  Thu Nov 26 10:03:00 2026\n", b">From x\n"])
def test_a_line_of_an_mbox_goes(line: bytes) -> None:
    assert bare(line + POSTFIX + MX + SPAM, OURS) == SPAM
    assert bare(SPAM.replace(b"Date:", line + b"Date:"), OURS) != SPAM


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\n\nbody", b"no header at all", b"Received: by localhost", b"X-Spam-Prev-Subject: a\n\n"]
)
def test_strange_messages(raw: bytes) -> None:
    assert bare(raw, OURS) == (raw if not raw.startswith((b"Rec", b"X")) else raw[-1:] * raw.startswith(b"X"))


def test_octets_of() -> None:
    message = Message.parse(SPAM).on_top(Field.make("X-A", "b", b"\n"))
    assert octets_of(message) == b"X-A: b\n" + SPAM
