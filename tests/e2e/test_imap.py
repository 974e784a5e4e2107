"""Dovecot reads what was delivered: the folders are there and subscribed, the messages whole, the flags set."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Sequence

import pytest

from tests.support import dovecot
from tests.support.postfix import Postfix

RULES = """\
require ["fileinto", "mailbox", "imap4flags", "mailboxid", "variables"];
if header :is "subject" "starred" { fileinto :create :flags ["\\\\Flagged", "\\\\Seen"] "Orders"; }
elsif header :is "subject" "marked" { fileinto :create :flags ["$Label1", "\\\\Seen"] "Marked"; }
elsif header :is "subject" "again" { fileinto :flags ["nonjunk", "$Forwarded", "$label1"] "Marked"; }
elsif header :matches "subject" "id *" { fileinto :mailboxid "${1}" "Elsewhere"; }
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
    for subject in (b"plain", b"starred", b"marked", b"umlaut", b"*****SPAM***** x"):
        fate = stage.fate(stage.send("alice", MESSAGE % (subject[:5].strip(b"*") or b"spam", subject, subject)))
        assert fate.status == "sent", fate
    with dovecot.running(stage) as server, server.session("alice") as session:
        yield session


def names(answer: Sequence[object]) -> set[str]:
    return {line.decode().split(' "." ')[-1].strip('"') for line in answer if isinstance(line, bytes)}


def flags(session: imaplib.IMAP4, number: str = "1") -> set[bytes]:
    """The flags of a message of the selected folder."""
    _status, parts = session.fetch(number, "(FLAGS)")
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


def deliver(stage: Postfix, subject: bytes) -> None:
    fate = stage.fate(stage.send("alice", MESSAGE % (subject[:5].replace(b" ", b""), subject, subject)))
    assert fate.status == "sent", fate


def test_keywords_are_those_of_the_rule_and_those_of_dovecot(running: imaplib.IMAP4, stage: Postfix) -> None:
    """RFC 5232 section 2: flags are set as IMAP STORE would set them, keywords too; a keyword has one letter for both."""
    running.select("Marked")
    assert {rb"$Label1", rb"\Seen"} <= flags(running)
    running.store("1", "+FLAGS", "(NonJunk)")
    keywords = stage.top / "home" / "alice" / "Maildir" / ".Marked" / "dovecot-keywords"
    running.check()
    assert keywords.read_text() == "0 $Label1\n1 NonJunk\n"
    deliver(stage, b"again")
    assert keywords.read_text() == "0 $Label1\n1 NonJunk\n2 $Forwarded\n"
    running.noop()
    assert {rb"$Label1", rb"NonJunk", rb"$Forwarded"} <= flags(running, "2")
    assert {rb"$Label1", rb"\Seen", rb"NonJunk"} <= flags(running, "1")
    running.store("2", "+FLAGS", "(Later)")
    running.check()
    assert keywords.read_text() == "0 $Label1\n1 NonJunk\n2 $Forwarded\n3 Later\n"


def test_a_folder_is_found_by_the_id_that_dovecot_gave_it(running: imaplib.IMAP4, stage: Postfix) -> None:
    """RFC 9042 section 4: "If a matching mailbox is found, that mailbox is used for delivery"."""
    _status, (answer,) = running.status("Orders", "(MESSAGES X-GUID)")
    assert isinstance(answer, bytes)
    guid = answer.decode().partition("X-GUID ")[2].split(")")[0].split()[0]
    deliver(stage, f"id {guid}".encode())
    assert running.select("Orders", readonly=True) == ("OK", [b"2"])
