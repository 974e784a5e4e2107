"""`reject` and `ereject` with a reason that is not ASCII, behind a real Postfix: what the sender gets to read (RFC 5429)."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support import postfix
from tests.support.postfix import DOMAIN, Postfix, messages

pytestmark = pytest.mark.e2e

REASON = "Größer als 5 € nicht."
CONFIG = '[spamd]\nenabled = "off"\n'


@pytest.fixture(scope="module", params=["command", "lmtp"])
def way(request: pytest.FixtureRequest) -> str:
    """How Postfix hands the message over."""
    return str(request.param)


@pytest.fixture(scope="module")
def running(way: str, installation: Path, shipped: dict[str, str]) -> Iterator[Postfix]:
    """ann rejects, eve erejects; by mailbox_command, or over LMTP. bob writes to them."""
    if reason := postfix.why_not():
        pytest.skip(reason)
    stage = Postfix()
    try:
        for user, rules in (("ann", "reject"), ("eve", "ereject"), ("bob", "")):
            stage.user(user)
            script = f'require "{rules}"; {rules} "{REASON}\r\nПривет.";' if rules else "keep;"
            stage.put(user, ".mdafilter.sieve", script)
            stage.put(user, ".config/mdafilter/mdafilter.toml", CONFIG)
        stage.add_main(shipped["main.cf.mailbox_command" if way == "command" else "main.cf.lmtp"])
        stage.master += ["lmtp unix - - n - - lmtp"]
        stage.start()
        if way == "lmtp":
            stage.serve(installation, "--lmtp", f"unix:{stage.top}/queue/private/mdafilter")
        yield stage
    finally:
        stage.stop()


def told(running: Postfix, user: str, subject: str) -> EmailMessage:
    """The letter that bob gets about a message of his; there is one, and nobody has the message."""
    head = f"From: bob@{DOMAIN}\nMessage-ID: <{user}.{len(subject)}@b.test>\nSubject: {subject}\n\nbody of bob\n"
    before = len(inbox(running, "bob"))
    running.fate(running.send(user, head.encode(), f"bob@{DOMAIN}"))
    running.until(lambda: b"queue is empty" in running.run("postqueue", "-p").stdout, "the queue does not empty")
    assert inbox(running, user) == []
    letters = inbox(running, "bob")
    assert len(letters) == before + 1
    (found,) = [one for one in letters if f"<{user}.{len(subject)}@b.test>".encode() in bytes(one)]
    return found


def inbox(running: Postfix, user: str) -> list[EmailMessage]:
    found = messages(running.top / "home" / user / "Maildir").get("", [])
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]
    assert all(isinstance(one, EmailMessage) for one in letters)
    return letters


def text(letter: EmailMessage) -> str:
    part = next(iter(letter.iter_parts()))
    return " ".join(str(part.get_content()).split())


def kind(letter: EmailMessage) -> object:
    return letter.get_param("report-type")


def test_reject_preserves_the_exact_text(running: Postfix, way: str) -> None:
    """RFC 5429, 2.2: "this action would always favor preserving the exact text of the refusal reason"."""
    letter = told(running, "ann", "plain")
    assert f"{REASON} Привет." in text(letter)
    assert kind(letter) == ("delivery-status" if way == "command" else "disposition-notification")
    assert b"body of bob" in bytes(letter)


def test_a_message_in_utf8_is_refused_in_utf8_by_the_protocol(running: Postfix, way: str) -> None:
    """Postfix says SMTPUTF8 for it."""
    for user in ("ann", "eve"):
        letter = told(running, user, "größer")
        assert kind(letter) == "delivery-status"
        assert (f"{REASON} Привет." if way == "command" else f"5.7.1 {REASON} 550 5.7.1 Привет.") in text(letter)


def test_ereject_is_refused_by_the_protocol(running: Postfix, way: str) -> None:
    """RFC 5429, 2.1.1, over LMTP; 2.1, way 2, where Postfix reports what a command says."""
    letter = told(running, "eve", "plain")
    assert kind(letter) == "delivery-status"
    assert (f"{REASON} Привет." if way == "command" else "Grosser als 5 EUR nicht.") in text(letter)
