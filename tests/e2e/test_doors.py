"""The three ways from Postfix into a mailbox, with the files of contrib/postfix: mailbox_command, .forward and pipe(8).

Each message goes once through the one-shot, and once through the resident service.
"""

from __future__ import annotations

import email
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import postfix
from tests.support.postfix import Postfix, messages

USER_RULES = """\
require ["fileinto", "mailbox", "reject", "envelope", "subaddress", "variables"];
if header :contains "subject" "refuse me" { reject "We do not want this.\r\nNor that."; stop; }
if envelope :detail :matches "to" "*" { if not string :is "${1}" "" { fileinto :create "plus.${1}"; } }
"""
BODY = b"From: a@example.org\nTo: b@example.org\nMessage-ID: <%s@example.org>\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nSubject: %s\n\nHello.\n.\nFrom here on.\n"
SHELL_CHARACTERS = set("*?[]{}()|&;<>$\"'`\\~#=%\n")


def message(number: str, subject: str) -> bytes:
    return BODY % (number.encode(), subject.encode())


@pytest.fixture(scope="module", params=["one-shot", "service"])
def way(request: pytest.FixtureRequest) -> str:
    """Who delivers behind mdafilter-deliver."""
    return str(request.param)


@pytest.fixture(scope="module")
def stage(way: str) -> Iterator[Postfix]:
    """A private Postfix for each of the two."""
    if reason := postfix.why_not():
        pytest.skip(reason)
    made = Postfix()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def running(stage: Postfix, way: str, installation: Path, shipped: dict[str, str]) -> Postfix:
    """alice has a mailbox_command, bob a .forward, carol@virtual.test a virtual mailbox."""
    for user in ("alice", "bob"):
        stage.user(user)
        stage.put(user, ".mdafilter.sieve", USER_RULES)
    stage.put("bob", ".forward", shipped["forward"])
    stage.user("vmail")
    stage.user("sender")
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.add_main(shipped["main.cf.virtual"].replace("example.org", "virtual.test"))
    (stage.top / "etc" / "vmailbox").write_text("carol@virtual.test x\n-dash@virtual.test x\n")
    domain = stage.top / "mail" / "virtual.test"
    domain.mkdir()
    os.chown(domain, stage.users["vmail"], stage.users["vmail"])
    stage.master.append(shipped["master.cf.pipe"])
    stage.start()
    if way == "service":
        stage.serve(installation)
    return stage


def mailbox(stage: Postfix, recipient: str) -> Path:
    local, _, domain = recipient.partition("@")
    return stage.top / "mail" / domain / local if domain else stage.top / "home" / local / "Maildir"


def journal(stage: Postfix, recipient: str) -> list[dict[str, object]]:
    user = "vmail" if "@" in recipient else recipient
    file = stage.top / "home" / user / ".local/state/mdafilter/journal.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def settled(stage: Postfix, recipient: str) -> dict[str, list[Path]]:
    """The messages of a recipient. A worker takes what is in tmp/ away when Postfix has its answer."""
    stage.until(lambda: "tmp" not in messages(mailbox(stage, recipient)), f"{recipient} has something in tmp/")
    return messages(mailbox(stage, recipient))


def delivered(stage: Postfix, recipient: str, subject: str) -> dict[str, list[Path]]:
    """The folders that hold messages with this subject."""
    found = {}
    for folder, files in settled(stage, recipient).items():
        if same := [f for f in files if f"\nSubject: {subject}\n".encode() in f.read_bytes()]:
            found[folder] = same
    return found


RECIPIENTS = pytest.mark.parametrize("to", ["alice", "bob", "carol@virtual.test"])


@RECIPIENTS
def test_a_message_arrives_in_the_inbox_octet_for_octet(running: Postfix, to: str) -> None:
    sent = message("plain", "Plain ham")
    fate = running.fate(running.send(to, sent))
    assert (fate.status, fate.dsn) == ("sent", "2.0.0"), fate
    ((folder, files),) = delivered(running, to, "Plain ham").items()
    assert (folder, len(files)) == ("", 1)
    text = files[0].read_bytes()
    assert text.endswith(sent), "the end of the message is not what was sent"
    assert not text.startswith(b"From "), "the mbox line is no part of the message"
    assert files[0].parent.name == "new"
    owner = running.users["vmail" if "@" in to else to]
    assert (files[0].stat().st_uid, files[0].stat().st_mode & 0o777) == (owner, 0o600)


@RECIPIENTS
def test_a_tagged_message_is_filed_into_trash_and_says_why(running: Postfix, to: str) -> None:
    fate = running.fate(running.send(to, message("tagged", "*****SPAM***** buy")))
    assert fate.status == "sent", fate
    ((folder, files),) = delivered(running, to, "*****SPAM***** buy").items()
    assert (folder, len(files)) == (".Trash", 1)
    assert email.message_from_bytes(files[0].read_bytes())["X-Mdafilter"]


@RECIPIENTS
def test_the_journal_has_the_message_under_the_id_that_the_mail_log_has(running: Postfix, to: str) -> None:
    queue_id = running.send(to, message("journal", "For the journal"))
    fate = running.fate(queue_id)
    assert fate.status == "sent", fate
    assert [e["status"] for e in journal(running, to) if e.get("id") == queue_id] == ["delivered"]


@RECIPIENTS
def test_the_sender_of_the_envelope_is_told(running: Postfix, to: str) -> None:
    queue_id = running.send(to, message("sender", "From whom"), sender="o'reilly+x@example.org")
    fate = running.fate(queue_id)
    assert fate.status == "sent", fate
    (entry,) = [e for e in journal(running, to) if e.get("id") == queue_id]
    # local(8) replaces what a shell could take for its own (here the quote) by "_"; the From line keeps it
    assert entry["sender"] in ("o'reilly+x@example.org", "o_reilly+x@example.org")


@RECIPIENTS
def test_a_bounce_is_delivered(running: Postfix, to: str) -> None:
    """The null sender: MAILER-DAEMON on the From line of local(8), nothing as the argument of pipe(8)."""
    queue_id = running.send(to, message("null", "Undelivered mail"), sender="<>")
    fate = running.fate(queue_id)
    assert fate.status == "sent", fate
    (entry,) = [e for e in journal(running, to) if e.get("id") == queue_id]
    assert entry.get("sender", "") in ("", "MAILER-DAEMON")


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_the_extension_reaches_the_rules(running: Postfix, user: str) -> None:
    fate = running.fate(running.send(f"{user}+lists", message("plus", "To a detail")))
    assert fate.status == "sent", fate
    assert set(delivered(running, user, "To a detail")) == {".plus.lists"}


def test_the_extension_of_a_virtual_mailbox_is_no_part_of_its_name(running: Postfix) -> None:
    queue_id = running.send("carol+lists@virtual.test", message("vplus", "To a virtual detail"))
    fate = running.fate(queue_id)
    assert fate.status == "sent", fate
    found = [p.relative_to(running.top / "mail" / "virtual.test") for p in (running.top / "mail").rglob("new/*")]
    assert {p.parts[0] for p in found} <= {"carol", "-dash"}, found
    assert set(delivered(running, "carol@virtual.test", "To a virtual detail")) == {""}


def test_an_address_that_looks_like_an_option_is_an_address(running: Postfix) -> None:
    """Postfix does not let such an address in from the network; a site may allow it (allow_min_user)."""
    queue_id = running.send("carol@virtual.test", message("dash", "From a dash"), sender="-R/etc/passwd@example.org")
    assert running.fate(queue_id).status in ("sent", "bounced")
    assert running.fate(queue_id).status == "sent" or not delivered(running, "carol@virtual.test", "From a dash")


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_a_refused_message_goes_back_with_the_reason(running: Postfix, user: str) -> None:
    """Exit 77 and `5.7.1 text` on standard output: Postfix bounces, and the bounce has the text."""
    subject = f"refuse me {user}"
    queue_id = running.send(user, message("refuse", subject))
    fate = running.fate(queue_id)
    assert (fate.status, fate.dsn) == ("bounced", "5.7.1"), fate
    assert "We do not want this. Nor that." in fate.text
    assert delivered(running, user, subject) == {}
    running.until(lambda: bool(running.bounce_of(queue_id)), "no bounce was sent")
    fate = running.fate(running.bounce_of(queue_id))
    assert fate.status == "sent", fate
    letters = [f.read_text() for files in settled(running, "sender").values() for f in files]
    assert any("We do not want this." in text and subject in text for text in letters)


def test_eight_bits_and_a_missing_last_newline_survive(running: Postfix) -> None:
    sent = b"Subject: =?utf-8?q?caf=C3=A9?=\nX-Raw: caf\xe9\n\n\x80\xff\nno newline at the end"
    fate = running.fate(running.send("alice", sent))
    assert fate.status == "sent", fate
    files = [f for fs in settled(running, "alice").values() for f in fs if b"X-Raw: caf\xe9\n" in f.read_bytes()]
    assert len(files) == 1
    assert files[0].read_bytes().rstrip(b"\n").endswith(b"\x80\xff\nno newline at the end")


def test_nothing_is_left_in_tmp(running: Postfix) -> None:
    for to in ("alice", "bob", "carol@virtual.test"):
        assert "tmp" not in settled(running, to)


def test_the_service_has_delivered_it_all(running: Postfix, way: str, installation: Path) -> None:
    """And each message by a process of its user."""
    if way == "one-shot":
        assert not (running.top / "run/mdafilter").exists()
        return
    program = [str(installation / "bin" / "python"), str(installation / "bin" / "mdafilter")]
    said = json.loads(running.run(*program, "serve", "--status", "--json").stdout)
    assert said["messages"]["delivered"] >= 15
    assert said["messages"]["refused"] == 2
    assert {user["uid"] for user in said["users"]} == {
        running.users[name] for name in ("alice", "bob", "vmail", "sender")
    }


def test_the_mailbox_command_needs_no_shell(shipped: dict[str, str]) -> None:
    """With a shell in between, a missing program and a signal bounce the message instead of deferring it."""
    command = next(
        line for line in shipped["main.cf.mailbox_command"].splitlines() if line.startswith("mailbox_command")
    )
    assert not SHELL_CHARACTERS & set(command.partition("=")[2])
    assert not SHELL_CHARACTERS & set(shipped["forward"].strip().strip('"').removeprefix("|"))
