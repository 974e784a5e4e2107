"""`report` (vnd.dovecot.report; RFC 5965)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, Keep, Send
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.targets.send import given
from mdafilter.words import report
from tests.support.scene import StillWorld
from tests.support.script import acts, compiled
from tests.support.sieve import errors, said

MAIL = b"From: Bob <bob@x.test>\nMessage-ID: <1@x.test>\nSubject: buy!\n\nbody\n"
FROM_BOB = Envelope("bob@x.test", "ann@home.test", client_address="192.0.2.1")
REQUIRE = 'require ["vnd.dovecot.report", "variables", "editheader"];\n'
ABUSE = 'report "abuse" "This is spam." "abuse@x.test";'


def decide(script: str, message: bytes = MAIL, envelope: Envelope = FROM_BOB, **options: str) -> Decision:
    world = StillWorld(options=options, environment={"host": "mx.test"})
    return run([compiled(REQUIRE + script).plan], Scene(Message.parse(message), envelope, world))


def sent(decision: Decision) -> list[Send]:
    return [act for act in acts(decision) if isinstance(act, Send) and act.to]


def raw(tmp_path: Path, decision: Decision) -> bytes:
    """The letter as sendmail gets it."""
    (one,) = [one for one in decision.decided if isinstance(one.act, Send)]
    assert isinstance(one.act, Send)
    with (tmp_path / "letter").open("wb") as file:
        given(one.act, one.message).write_to(file.fileno())
    return (tmp_path / "letter").read_bytes()


def letter(tmp_path: Path, decision: Decision) -> EmailMessage:
    found = message_from_bytes(raw(tmp_path, decision), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def test_its_three_parts(tmp_path: Path) -> None:
    """RFC 5965 section 2: a description for people, message/feedback-report, and the message."""
    found = letter(tmp_path, decide(ABUSE))
    assert found.get_content_type() == "multipart/report"
    assert found.get_param("report-type") == "feedback-report"
    text, facts, message = found.iter_parts()
    assert text.get_content() == "This is spam.\n"
    assert facts.get_content_type() == "message/feedback-report"
    inner = facts.get_payload(0)
    assert isinstance(inner, EmailMessage)
    assert (inner["Feedback-Type"], inner["Version"]) == ("abuse", "1")
    assert inner["User-Agent"].startswith("mdafilter/")
    assert (inner["Original-Mail-From"], inner["Original-Rcpt-To"]) == ("<bob@x.test>", "<ann@home.test>")
    assert (inner["Source-IP"], inner["Reporting-MTA"]) == ("192.0.2.1", "dns; mx.test")
    assert message.get_content_type() == "message/rfc822"
    assert MAIL in raw(tmp_path, decide(ABUSE))


def test_who_the_message_was_for_and_who_reports(tmp_path: Path) -> None:
    """RFC 5965 section 3.2: "Original-Rcpt-To" is the address of the envelope, as it was sent to."""
    forwarded = FROM_BOB.replace(original_recipient="info@home.test")
    for options, user in (({}, "<info@home.test>"), ({"user_email": "a.nn@home.test"}, "<a.nn@home.test>")):
        _text, facts, _message = letter(tmp_path, decide(ABUSE, MAIL, forwarded, **options)).iter_parts()
        inner = facts.get_payload(0)
        assert isinstance(inner, EmailMessage)
        assert (inner["Original-Rcpt-To"], inner["Dovecot-Reporting-User"]) == ("<info@home.test>", user)


def test_its_header(tmp_path: Path) -> None:
    found = letter(tmp_path, decide(ABUSE))
    assert (found["From"], found["To"], found["Subject"]) == ("postmaster@home.test", "abuse@x.test", "Report: buy!")
    assert found["Auto-Submitted"] == "auto-generated (report)"  # RFC 3834 section 5
    assert found["References"] == "<1@x.test>"
    assert found["Date"].datetime.timestamp() == StillWorld().now()


def test_the_header_alone(tmp_path: Path) -> None:
    """RFC 5965 section 2: the third part may be text/rfc822-headers."""
    decision = decide('report :headers_only "abuse" "This is spam." "abuse@x.test";')
    *_, message = letter(tmp_path, decision).iter_parts()
    assert message.get_content_type() == "text/rfc822-headers"
    assert b"Subject: buy!" in raw(tmp_path, decision)
    assert b"body" not in raw(tmp_path, decision)


def test_it_is_beside_the_implicit_keep() -> None:
    decision = decide(ABUSE)
    (one,) = sent(decision)
    assert (one.what, one.to, one.sender) == ("report", ("abuse@x.test",), "postmaster@home.test")
    assert acts(decision) == [one, Keep()]
    assert acts(decide(f"{ABUSE} discard;"))[1:] == [Discard()]


def test_the_message_is_as_it_is_when_it_is_reported(tmp_path: Path) -> None:
    octets = raw(tmp_path, decide(f'{ABUSE} addheader "X-Later" "1";'))
    assert b"X-Later" not in octets
    assert b"X-Before: 1\n" in raw(tmp_path, decide(f'addheader "X-Before" "1"; {ABUSE}'))


def test_no_octets_of_the_message_are_held_for_it() -> None:
    (one,) = sent(decide(ABUSE, MAIL + b"x" * 4_000_000))
    assert (one.area, len(one.letter) < 2000) == ("both", True)


def test_a_null_sender_stays_one() -> None:
    (one,) = sent(decide(ABUSE, envelope=FROM_BOB.replace(sender="")))
    assert one.sender == ""


@pytest.mark.parametrize(
    ("setting", "sender"), [("recipient", "ann@home.test"), ("<a@b.test>", "a@b.test"), ("", "postmaster@home.test")]
)
def test_who_sends_it(tmp_path: Path, setting: str, sender: str) -> None:
    decision = decide(ABUSE, report_from=setting)
    assert sent(decision)[0].sender == sender
    assert letter(tmp_path, decision)["From"] == sender


def test_a_report_is_not_reported() -> None:
    """Two who report what they get to each other would never end."""
    field = b"Content-Type: multipart/report;\n report-type=feedback-report; boundary=x\n"
    decision = decide(ABUSE, field + MAIL)
    assert acts(decision) == [Send("report", b"", ()), Keep()]
    assert sent(decide(ABUSE, b"Content-Type: multipart/report; report-type=delivery-status\n" + MAIL))


def test_to_one_address_a_type_is_reported_once() -> None:
    more = 'report "Abuse" "again" "abuse@x.test"; report "fraud" "x" "abuse@x.test"; report "abuse" "x" "c@d.test";'
    assert [one.to[0] for one in sent(decide(ABUSE + more))] == ["abuse@x.test", "abuse@x.test", "c@d.test"]


def test_a_name_beside_the_address_is_left_out() -> None:
    assert sent(decide('report "abuse" "x" "Abuse <abuse@x.test>";'))[0].to == ("abuse@x.test",)


@pytest.mark.parametrize("feedback", ["", "two words", "a/b", "a;b", "ä", "a\nb", "a=b"])
def test_what_is_no_type(feedback: str) -> None:
    """RFC 5965 section 3.5: feedback-type is a token."""
    (error,) = errors(f'require "vnd.dovecot.report"; report "{feedback}" "x" "abuse@x.test";')
    assert "is no feedback type" in error
    decision = decide(f'set "a" "{feedback}"; report "${{a}}" "x" "abuse@x.test";')
    assert acts(decision) == [Keep()]


def test_what_is_no_address() -> None:
    (error,) = errors('require "vnd.dovecot.report"; report "abuse" "x" "abuse";')
    assert "is not an address" in error
    assert acts(decide('set "a" "abuse"; report "abuse" "x" "${a}";')) == [Keep()]


def test_no_line_of_the_message_is_the_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2046 section 5.1.1: it "MUST NOT appear inside any of the encapsulated parts"."""

    class Digest:
        def __init__(self, octets: bytes, digest_size: int) -> None:
            self.first = octets.endswith(b" 0")

        def hexdigest(self) -> str:
            return "guessed" if self.first else "free"

    monkeypatch.setattr(report, "blake2b", Digest)
    assert report.boundary(Message.parse(MAIL), 1.0) == "guessed"
    assert report.boundary(Message.parse(MAIL + b"--guessed\n"), 1.0) == "free"


def test_the_boundary_cannot_be_foretold() -> None:
    message = Message.parse(MAIL)
    assert report.boundary(message, 1.0) != report.boundary(message, 2.0)
    assert len(report.boundary(message, 1.0)) == 32


def test_a_subject_that_is_none(tmp_path: Path) -> None:
    assert letter(tmp_path, decide(ABUSE, b"\nbody\n"))["Subject"] == "Report: (message without a subject)"
    assert letter(tmp_path, decide(ABUSE, "Subject: Größe\n\n".encode()))["Subject"] == "Report: Größe"


def test_it_says_what_it_is() -> None:
    assert decide(ABUSE).trace[0].what == ABUSE[:-1]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vnd.dovecot.report"];\nreport "two words" "x" "abuse@example.org";',
            'error 2:8 "two words" is no feedback type, which is one word like "abuse" | RFC 5965 section 7.3: abuse, fraud, virus, not-spam, other',
        ),
        (
            'require ["vnd.dovecot.report"];\nreport "abuse" "x" "nobody";',
            'error 2:20 "nobody" is not an address | write an address like "ann@example.org"',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


def test_it_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTER_OCTETS", 600)
    decision = decide(f'report "abuse" "{"x" * 600}" "abuse@x.test";')
    assert acts(decision) == [Keep()]
    assert "report: the letter is longer than 600 octets" in decision.notes[0]
