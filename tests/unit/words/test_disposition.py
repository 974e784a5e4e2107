"""The MDN of a `reject` (RFC 5429 section 2.2.1, RFC 8098)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.targets.send import given
from mdafilter.words.disposition import MOST, letter
from tests.support.scene import StillWorld

MAIL = b"From: Bob <bob@x.test>\nMessage-ID: <1@x.test>\nSubject: buy!\n\nbody\n"
FROM_BOB = Envelope("bob@x.test", "ann@home.test", "all@home.test")


def sent(tmp_path: Path, mail: bytes = MAIL, reason: str = "Größer\r\nnicht.") -> EmailMessage:
    message = Message.parse(mail)
    act = letter(Scene(message, FROM_BOB, StillWorld(environment={"host": "mx.test"})), reason)
    assert (act.to, act.sender) == (("bob@x.test",), ""), 'RFC 8098, 3: "MUST be null (<>)"'
    with (tmp_path / "letter").open("wb") as file:
        given(act, message).write_to(file.fileno())
    found = message_from_bytes((tmp_path / "letter").read_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def test_its_three_parts(tmp_path: Path) -> None:
    """RFC 5429 section 2.2.1: "The MDN disposition-field as defined in the MDN specification MUST be "deleted" and MUST
    have the "MDN-sent-automatically" and "automatic-action" modes set"."""
    found = sent(tmp_path)
    assert found.get_content_type() == "multipart/report"
    assert found.get_param("report-type") == "disposition-notification"
    text, facts, message = found.iter_parts()
    assert text.get_content().endswith("as follows:\n\nGrößer\nnicht.\n")
    assert "refused by the recipient's mail filtering program" in text.get_content()
    inner = facts.get_payload(0)
    assert isinstance(inner, EmailMessage)
    assert dict(inner.items()) == {
        "Reporting-UA": inner["Reporting-UA"],
        "Original-Recipient": "rfc822;all@home.test",
        "Final-Recipient": "rfc822;ann@home.test",
        "Original-Message-ID": "<1@x.test>",
        "Disposition": "automatic-action/MDN-sent-automatically; deleted",
    }
    assert inner["Reporting-UA"].startswith("mx.test; mdafilter/")
    assert message.get_content_type() == "message/rfc822"
    assert MAIL in (tmp_path / "letter").read_bytes(), '"The "reject" action resends the received message"'


def test_its_header(tmp_path: Path) -> None:
    found = sent(tmp_path)
    assert (found["From"], found["To"], found["Subject"]) == ("ann@home.test", "bob@x.test", "Refused: buy!")
    assert (found["Auto-Submitted"], found["In-Reply-To"]) == ("auto-replied (rejected)", "<1@x.test>")


def test_of_a_large_message_the_header(tmp_path: Path) -> None:
    *_others, message = sent(tmp_path, MAIL + b"x\n" * MOST).iter_parts()
    assert message.get_content_type() == "text/rfc822-headers"
    assert (tmp_path / "letter").stat().st_size < 5000


def test_a_reason_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(RuleFailed) as failed:
        sent(tmp_path, reason="ü" * 2_000_000)
    assert str(failed.value) == f"reject: the letter is longer than {limits.LETTER_OCTETS} octets"
