"""Dovecot reads what was delivered: the folders are there and subscribed, the messages whole, the flags set."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Sequence

import pytest

from tests.support import dovecot
from tests.support.postfix import Postfix

RULES = """\
require ["fileinto", "mailbox", "imap4flags"];
if header :is "subject" "starred" { fileinto :create :flags ["\\\\Flagged", "\\\\Seen"] "Orders"; }
elsif header :is "subject" "umlaut" { fileinto :create "Entwürfe/Größe"; }
"""
MESSAGE = b"From: a@example.org\nMessage-ID: <%s@example.org>\nSubject: %s\n\nbody of %s\n"


@pytest.fixture(scope="module")
def running(stage: Postfix, shipped: dict[str, str]) -> Iterator[imaplib.IMAP4]:
    """A session of alice, whose mailbox has a message of each kind."""
    if reason := dovecot.why_not():
        pytest.skip(reason)
    stage.user("alice")
    stage.put("alice", ".mdafilter.sieve", RULES)
    stage.put("alice", ".config/mdafilter/mdafilter.toml", '[spamd]\nenabled = "off"\n')
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    for subject in (b"plain", b"starred", b"umlaut", b"*****SPAM***** x"):
        fate = stage.fate(stage.send("alice", MESSAGE % (subject[:5].strip(b"*") or b"spam", subject, subject)))
        assert fate.status == "sent", fate
    with dovecot.running(stage) as server, server.session("alice") as session:
        yield session


def names(answer: Sequence[object]) -> set[str]:
    return {line.decode().split(' "." ')[-1].strip('"') for line in answer if isinstance(line, bytes)}


def flags(session: imaplib.IMAP4) -> set[bytes]:
    """The flags of the first message of the selected folder."""
    _status, parts = session.fetch("1", "(FLAGS)")
    assert isinstance(parts[0], bytes)
    return set(imaplib.ParseFlags(parts[0]))


def test_every_folder_is_there(running: imaplib.IMAP4) -> None:
    """RFC 3501 section 5.1.3: "&" is used to shift to modified BASE64"; a slash in Sieve is the folder below."""
    assert {"INBOX", "Trash", "Orders", "Entw&APw-rfe.Gr&APYA3w-e"} <= names(running.list()[1])


def test_every_folder_that_was_made_is_subscribed(running: imaplib.IMAP4) -> None:
    """A client that shows only subscribed folders shows where the mail went."""
    assert {"Trash", "Orders", "Entw&APw-rfe.Gr&APYA3w-e"} <= names(running.lsub()[1])


@pytest.mark.parametrize("folder", ["INBOX", "Trash", "Orders", "Entw&APw-rfe.Gr&APYA3w-e"])
def test_the_message_can_be_read(running: imaplib.IMAP4, folder: str) -> None:
    status, count = running.select(folder, readonly=True)
    assert (status, count) == ("OK", [b"1"])
    _status, parts = running.fetch("1", "(RFC822.SIZE BODY.PEEK[])")
    assert isinstance(parts[0], tuple)
    assert b"body of " in parts[0][1]


def test_the_flags_of_the_rule_are_set(running: imaplib.IMAP4) -> None:
    running.select("Orders", readonly=True)
    assert {rb"\Flagged", rb"\Seen"} <= flags(running)


def test_a_message_in_the_inbox_is_new(running: imaplib.IMAP4) -> None:
    running.select("INBOX", readonly=True)
    assert rb"\Seen" not in flags(running)
