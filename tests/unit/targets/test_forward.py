"""Redirect through a sendmail of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.acts import Redirect
from mdafilter.errors import RuleFailed, TryAgain
from mdafilter.message import Envelope, Message
from mdafilter.targets import Parcel
from mdafilter.targets.forward import is_address, place, stage
from tests.support.mailboxes import ENVELOPE, mailbox, parcel

RAW = b"Received: by mx\nFrom: a@b.test\n\n.\nbody\n"


@pytest.fixture
def sendmail(tmp_path: Path) -> str:
    path = tmp_path / "sendmail"
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/args"\ncat >"{tmp_path}/got"\nexit ${{STATUS:-0}}\n')
    path.chmod(0o700)
    return str(path)


def forwarding(
    home: Path, sendmail: str, raw: bytes = RAW, to: str = "bob@c.test", envelope: Envelope = ENVELOPE
) -> Parcel:
    return parcel(home, Redirect(to), Message.parse(raw), mailbox=mailbox(home, sendmail), envelope=envelope)


def forward(one: Parcel) -> None:
    place(one)
    staged = stage(one)
    try:
        staged.write()
        staged.commit()
    except TryAgain:
        staged.abort()
        raise
    staged.forget()


def test_with_the_original_sender_and_our_mark_on_top(tmp_path: Path, sendmail: str) -> None:
    forward(forwarding(tmp_path, sendmail))
    assert (tmp_path / "args").read_text() == "-i\n-f\nsender@example.test\n--\nbob@c.test\n"
    assert (tmp_path / "got").read_bytes() == b"Delivered-To: alice@example.test\n" + RAW


def test_a_bounce_is_forwarded_as_a_bounce(tmp_path: Path, sendmail: str) -> None:
    """RFC 5321 section 4.5.5: the reverse-path of a notification is null, so that no loop arises."""
    forward(forwarding(tmp_path, sendmail, envelope=ENVELOPE.replace(sender="")))
    assert (tmp_path / "args").read_text() == "-i\n-f\n<>\n--\nbob@c.test\n"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Redirect("bob@c.test", sender="list@c.test"), "-f list@c.test"),
        (Redirect("bob@c.test", sender=""), "-f <>"),
        (Redirect("bob@c.test", notify="NEVER"), "-N never -f sender@example.test"),
        (Redirect("bob@c.test", notify="SUCCESS,DELAY", ret="HDRS"), "-N success,delay -R hdrs -f sender@example.test"),
    ],
)
def test_what_a_rule_says_of_the_envelope(tmp_path: Path, sendmail: str, act: Redirect, words: str) -> None:
    """sendmail(1): "-N dsn", "-R return"."""
    forward(parcel(tmp_path, act, Message.parse(RAW), mailbox=mailbox(tmp_path, sendmail)))
    assert (tmp_path / "args").read_text().split() == ["-i", *words.split(), "--", "bob@c.test"]


def test_an_address_is_never_an_option(tmp_path: Path, sendmail: str) -> None:
    forward(forwarding(tmp_path, sendmail, to="-bs@c.test"))
    assert (tmp_path / "args").read_text().endswith("--\n-bs@c.test\n")


def test_a_mark_of_this_delivery_is_not_doubled(tmp_path: Path, sendmail: str) -> None:
    """local(8), prepend_delivered_header: Postfix has put Delivered-To on top for a command already."""
    raw = b"Return-Path: <a@b.test>\nX-Original-To: alice\nDelivered-To: Alice@example.test\n" + RAW
    forward(forwarding(tmp_path, sendmail, raw))
    assert (tmp_path / "got").read_bytes() == raw


AGAIN = "not forwarded to bob@c.test: it has been delivered to alice@example.test before"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"Received: by a\nDelivered-To: alice@example.test\nReceived: by b\n\n", AGAIN),
        (b"Received: by a\nDelivered-To: <ALICE@EXAMPLE.TEST>\n\n", AGAIN),
        (b"Delivered-To: alice@example.test\nReceived: by a\nDelivered-To: alice@example.test\n\n", AGAIN),
        (
            b"Received: by a\n" * (limits.RECEIVED_HOPS + 1) + b"\n",
            f"not forwarded to bob@c.test: more than {limits.RECEIVED_HOPS} Received fields",
        ),
    ],
)
def test_loops_are_not_forwarded(tmp_path: Path, sendmail: str, raw: bytes, why: str) -> None:
    with pytest.raises(RuleFailed) as raised:
        place(forwarding(tmp_path, sendmail, raw))
    assert str(raised.value) == why


def test_other_hops_are_no_loop(tmp_path: Path, sendmail: str) -> None:
    raw = (
        b"Received: by a\nDelivered-To: list@example.test\n" + b"Received: by a\n" * (limits.RECEIVED_HOPS - 1) + b"\n"
    )
    assert place(forwarding(tmp_path, sendmail, raw)) == "@bob@c.test"


def test_forwarding_to_each_other_ends(tmp_path: Path, sendmail: str) -> None:
    """alice forwards to bob, bob to alice: bob keeps it, or alice does when bob knows her by another name."""
    to_bob, to_alice = forwarding(tmp_path, sendmail), ENVELOPE.replace(recipient="bob@c.test")
    forward(to_bob)
    raw = b"Received: by mx.c.test\n" + (tmp_path / "got").read_bytes()
    with pytest.raises(RuleFailed, match="it comes from there"):
        place(forwarding(tmp_path, sendmail, raw, "Alice@example.test", to_alice))
    forward(forwarding(tmp_path, sendmail, raw, "alias-of-alice@example.test", to_alice))
    raw = b"Received: by mx.example.test\n" + (tmp_path / "got").read_bytes()
    with pytest.raises(RuleFailed, match="it has been delivered to alice"):
        place(forwarding(tmp_path, sendmail, raw))


def test_nobody_forwards_to_oneself(tmp_path: Path, sendmail: str) -> None:
    with pytest.raises(RuleFailed, match=r"not forwarded to ALICE@example\.test: it comes from there"):
        place(forwarding(tmp_path, sendmail, to="ALICE@example.test"))


@pytest.mark.parametrize("address", ["", "a b@c.test", "a@b.test\n-oQ/tmp", "a\0@b.test"])
def test_what_is_no_address(tmp_path: Path, sendmail: str, address: str) -> None:
    with pytest.raises(RuleFailed) as raised:
        place(forwarding(tmp_path, sendmail, to=address))
    assert str(raised.value) == f"{address!a} is no address to forward to"


@pytest.mark.parametrize("status", ["1", "67", "75"])
def test_whatever_sendmail_does_not_take_is_tried_again(
    tmp_path: Path, sendmail: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATUS", status)
    with pytest.raises(TryAgain, match=f"ended with {status}"):
        forward(forwarding(tmp_path, sendmail))


def test_without_a_recipient_there_is_no_mark(tmp_path: Path, sendmail: str) -> None:
    forward(forwarding(tmp_path, sendmail, envelope=Envelope(sender="a@b.test")))
    assert (tmp_path / "got").read_bytes() == RAW


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a@b.test", True), ("root", True), ('"a b"@c.test', True), ("a b@c.test", False), ('"@c d', False), ("", False)],
)
def test_what_sendmail_takes_for_an_address(text: str, is_one: bool) -> None:
    """RFC 5321 section 4.1.2: a quoted-string may have blanks in it."""
    assert is_address(text) is is_one
