"""The letter of `notify` (RFC 5436 section 2.7)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from mdafilter import limits
from mdafilter.acts import Keep
from mdafilter.message import Envelope
from tests.support.scene import StillWorld
from tests.support.script import acts
from tests.unit.words.test_enotify import FROM_BOB, MAIL, decide, sent


def raw(script: str, message: bytes = MAIL, envelope: Envelope = FROM_BOB, **options: str) -> bytes:
    (one,) = sent(decide(script, message, envelope, StillWorld(options=options, environment={"host": "mx.test"})))
    return one.letter


def letter(script: str, message: bytes = MAIL, envelope: Envelope = FROM_BOB, **options: str) -> EmailMessage:
    found = message_from_bytes(raw(script, message, envelope, **options), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def test_its_fields() -> None:
    """RFC 5436 section 3: the example."""
    message = b"Received: by mx\nMessage-ID: <1@x.test>\n" + MAIL
    script = 'notify :message "From Knitting list: A new sweater" :importance "3" "mailto:01@sms.test?to=b@home.test";'
    found = letter(script, message)
    assert found.keys()[0] == "Auto-Submitted"
    assert found["Auto-Submitted"] == 'auto-notified; owner-email="ann@home.test"'
    assert (found["From"], found["To"], found["Cc"]) == ("postmaster@home.test", "01@sms.test, b@home.test", None)
    assert found["Subject"] == "From Knitting list: A new sweater"
    assert found["Date"].datetime.timestamp() == StillWorld().now()  # section 2.7: "generated ... in the normal manner"
    assert found["Message-ID"] != "<1@x.test>"
    assert (found["References"], found["In-Reply-To"], found["Received"]) == ("<1@x.test>", None, None)
    assert (found["X-Priority"], found["Importance"], found["Priority"]) == ("5 (Lowest)", "Low", "non-urgent")
    assert found.get_content() == "From: Bob <bob@x.test>\nSubject: lunch?\n"


@pytest.mark.parametrize(
    ("script", "subject"),
    [
        ('notify :message "mine" "mailto:a@b.test?subject=of%20the%20URI";', "mine"),
        ('notify "mailto:a@b.test?subject=of%20the%20URI";', "of the URI"),
        ('notify "mailto:a@b.test";', "lunch?"),
        ('notify :message "Grüße" "mailto:a@b.test";', "Grüße"),
        ('notify :message "a\r\nBcc: c@d.test" "mailto:a@b.test";', "a Bcc: c@d.test"),
    ],
)
def test_the_subject(script: str, subject: str) -> None:
    """RFC 5436 section 2.7: ":message", else the URI's, else "retained from the triggering message"."""
    found = letter(script)
    assert found["Subject"] == subject
    assert found["Bcc"] is None


def test_the_importance_that_the_uri_says() -> None:
    """RFC 5436 section 2.7: "All other header fields of the notification message either are as specified by URI
    headers, or have implementation-specific values"."""
    found = letter('notify :importance "1" "mailto:a@b.test?importance=Low&precedence=list";')
    assert (found.get_all("Importance"), found.get_all("Precedence")) == (["Low"], ["list"])
    assert found["X-Priority"] == "1 (Highest)"


@pytest.mark.parametrize(
    ("importance", "fields"),
    [
        ('"1"', ("1 (Highest)", "High", "urgent")),
        ('"2"', ("3 (Normal)", "Normal", "normal")),
        ("", ("3 (Normal)", "Normal", "normal")),
    ],
)
def test_the_importance(importance: str, fields: tuple[str, str, str]) -> None:
    """RFC 5435 section 3.4: "If no importance is given, the default value "2" SHOULD be assumed."."""
    found = letter(f'notify {":importance" if importance else ""} {importance} "mailto:a@b.test";')
    assert (found["X-Priority"], found["Importance"], found["Priority"]) == fields


def test_the_body_and_other_fields_of_the_uri() -> None:
    """RFC 5436 section 2.7: "the value of that header SHOULD be used as the body"."""
    uri = "mailto:a@b.test?body=One%0D%0AT%C3%BCo&x-foo=caf%C3%A9&bcc=c@d.test&cc=e@f.test&from=g@h.test&date=x"
    found = letter(f'notify "{uri}";')
    assert found.get_content() == "One\nTüo\n"
    assert (found["X-Foo"], found["Cc"], found["Bcc"], found["From"]) == (
        "café",
        "e@f.test",
        None,
        "postmaster@home.test",
    )
    assert len(found.get_all("Date", [])) == 1


def test_no_field_can_be_smuggled_in() -> None:
    found = letter('notify "mailto:a@b.test?x-foo=a%0D%0ASubject:%20b%0D%0A%0D%0Abody";')
    assert found.get_all("Subject") == ["lunch?"]
    assert found["X-Foo"] == "a Subject: b body"


@pytest.mark.parametrize(
    ("tag", "email", "setting", "sender"),
    [
        ("", "", "", "postmaster@home.test"),
        ("", "a.nn@else.test", "", "a.nn@else.test"),
        ("", "a.nn@else.test", "recipient", "ann@home.test"),
        ("", "", "<>", "ann@home.test"),
        (':from "Ännchen <c@d.test>"', "", "recipient", "Ännchen <c@d.test>"),
    ],
)
def test_who_sends_it(tag: str, email: str, setting: str, sender: str) -> None:
    """RFC 5436 section 2.3: ":from" overrides "the default sender"; section 2.7.1: owner-email is the script's owner."""
    found = letter(f'notify {tag} "mailto:a@b.test";', user_email=email, notify_mailto_envelope_from=setting)
    assert found["From"] == sender
    assert f'owner-email="{email or "ann@home.test"}"' in found["Auto-Submitted"]


def test_a_user_without_a_domain_has_that_of_the_host() -> None:
    """RFC 5322 section 3.4.1: an addr-spec has a domain."""
    found = letter('notify "mailto:a@b.test";', envelope=Envelope("bob@x.test", user="ann"))
    assert found["Auto-Submitted"] == 'auto-notified; owner-email="ann@mx.test"'


def test_a_message_without_fields() -> None:
    found = letter('notify "mailto:a@b.test";', b"\nbody\n")
    assert (found["Subject"], found.get_content()) == ("", "From: \nSubject: \n")


def test_it_has_the_line_ends_of_the_message() -> None:
    octets = raw('notify "mailto:a@b.test?body=a%0Ab";', MAIL.replace(b"\n", b"\r\n"))
    assert octets.count(b"\n") == octets.count(b"\r\n")


def test_it_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTER_OCTETS", 600)
    decision = decide(f'notify :message "{"x" * 600}" "mailto:a@b.test";')
    assert acts(decision) == [Keep()]
    assert "notify: the letter is longer than 600 octets" in decision.notes[0]
