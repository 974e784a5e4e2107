"""The letter of `vacation` (RFC 5230 section 5)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from mdafilter import limits
from mdafilter.acts import Keep
from tests.support.scene import StillWorld
from tests.support.script import acts
from tests.unit.words.test_vacation import FROM_BOB, MAIL, answered, sent


def raw(script: str, message: bytes = MAIL, **options: str) -> bytes:
    (one,) = sent(answered(script, message, FROM_BOB, StillWorld(options=options)))
    return one.letter


def letter(script: str, message: bytes = MAIL, **options: str) -> EmailMessage:
    found = message_from_bytes(raw(script, message, **options), policy=policy.default)
    assert not found.defects
    return found


def test_its_fields() -> None:
    found = letter('vacation "I am away.\r\n\r\nAnn";', b"Message-ID: <1@x.test>\n" + MAIL)
    assert (found["From"], found["To"], found["Subject"]) == ("ann@home.test", "Bob <bob@x.test>", "Auto: lunch?")
    assert found["Date"].datetime.timestamp() == StillWorld().now()
    assert found["Auto-Submitted"] == "auto-replied (vacation)"  # 5.6
    assert (found["In-Reply-To"], found["References"]) == ("<1@x.test>", "<1@x.test>")  # 5.8
    assert found["Message-ID"].startswith("<")
    assert found.get_content_type() == "text/plain"
    assert found.get_content() == "I am away.\n\nAnn\n"


@pytest.mark.parametrize(
    ("subject", "options", "shown"),
    [
        (b"lunch?", {}, "Auto: lunch?"),
        (b"=?utf-8?q?caf=C3=A9?=", {}, "Auto: café"),
        (b"lunch?", {"vacation_default_subject_template": "Away [%$]"}, "Away [lunch?]"),
        (b"lunch?", {"vacation_default_subject_template": "Away [%{subject}]"}, "Away [lunch?]"),
        (b"", {}, "Automated reply"),
        (b"", {"vacation_default_subject": "Gone"}, "Gone"),
        (b"x" * 5000, {}, "Auto: " + "x" * 249 + "…"),
        (b"x" * 250, {}, "Auto: " + "x" * 250),
        (b"lunch?", {"vacation_max_subject_codepoints": "8"}, "Auto: l…"),
        (b"x" * 300, {"vacation_max_subject_codepoints": "0"}, "Auto: " + "x" * 300),
    ],
)
def test_its_subject(subject: bytes, options: dict[str, str], shown: str) -> None:
    """Section 5.3: "the characters "Auto: " followed by the original subject"."""
    assert letter('vacation "a";', MAIL.replace(b"lunch?", subject), **options)["Subject"] == shown


def test_a_subject_of_the_script_is_encoded_only_where_it_must_be() -> None:
    """Section 4.3: "encoded words if and only if non-ASCII characters are present"."""
    assert letter('vacation :subject "à bientôt" "a";')["Subject"] == "à bientôt"
    assert b"\nSubject: =?utf-8?" in raw('vacation :subject "à bientôt" "a";')
    assert b"\nSubject: gone =?\n" in raw('vacation :subject "gone =?" "a";')


def test_nothing_breaks_out_of_the_header() -> None:
    script = 'set "x" "a\r\nBcc: eve@x.test\r\n\r\nbody"; vacation :subject "${x}" "text";'
    found = letter(script)
    assert (found["Bcc"], found.get_content()) == (None, "text\n")


def test_long_fields_are_folded() -> None:
    ids = " ".join(f"<{number:050}@x.test>" for number in range(40))
    octets = raw('vacation "a";', f"Message-ID: <1@x.test>\nReferences: {ids}\n".encode() + MAIL)
    assert max(map(len, octets.split(b"\n"))) <= 80
    references = message_from_bytes(octets, policy=policy.default)["References"].split()
    assert len(references) == 21
    assert references[-1] == "<1@x.test>"


def test_without_a_message_id_the_thread_goes_on_unchanged() -> None:
    """Section 5.8: "If the original message lacks a Message-ID, an In-Reply-To need not be generated, and References
    need not be changed"."""
    found = letter('vacation "a";', b"References: <0@x.test>\n" + MAIL)
    assert (found["In-Reply-To"], found["References"]) == (None, "<0@x.test>")
    found = letter('vacation "a";', MAIL)
    assert (found["In-Reply-To"], found["References"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "options", "to"),
    [
        (b"From: Bob <bob@x.test>", {}, "Bob <bob@x.test>"),
        (b'From: "Bob, of X" <BOB@x.test>', {}, '"Bob, of X" <BOB@x.test>'),
        (b"From: =?utf-8?q?B=C3=B6b?= <bob@x.test>", {}, "Böb <bob@x.test>"),
        (b'From: "B\\"' + b'\\\\ob" <bob@x.test>', {}, '"B\\"\\\\ob" <bob@x.test>'),
        (b"From: Eve <eve@x.test>", {}, "bob@x.test"),
        (b"Sender: B <bob@x.test>\nFrom: Eve <eve@x.test>", {}, "B <bob@x.test>"),
        (b"From: Eve <eve@x.test>", {"vacation_to_header_ignore_envelope": "yes"}, "Eve <eve@x.test>"),
    ],
)
def test_to_whom_it_says_it_goes(fields: bytes, options: dict[str, str], to: str) -> None:
    found = letter('vacation "a";', fields + b"\nTo: ann@home.test\n\n", **options)
    assert found["To"] == to


def test_from_says_who_it_is_from() -> None:
    """Section 5.4: "Unless explicitly overridden with a :from parameter"."""
    assert letter('vacation :from "Ann <a@b.test>" "a";')["From"] == "Ann <a@b.test>"
    assert (
        letter(r'vacation :from "\"Änn, Dr.\" <a@b.test>, c@d.test" "a";')["From"].addresses[0].display_name
        == "Änn, Dr."
    )
    assert letter('vacation :addresses "b@c.test" "a";', b"From: x@y.test\nTo: b@c.test\n\n")["From"] == "b@c.test"


def test_a_mime_entity_is_taken_as_it_is() -> None:
    """Section 4.4: "a MIME entity as defined in [RFC2045] section 2.4, including both MIME headers and content"."""
    found = letter('vacation :mime "Content-Type: text/html\r\n\r\n<p>away</p>\r\n";')
    assert (found.get_content_type(), found.get_content(), found["MIME-Version"]) == (
        "text/html",
        "<p>away</p>\n",
        "1.0",
    )


def test_its_length_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LETTER_OCTETS", 600)
    decision = answered(f'vacation "{"x" * 600}";')
    assert acts(decision) == [Keep()]
    assert "vacation: the answer is longer than 600 octets" in decision.notes[-1]


def test_it_has_the_line_ends_of_the_message() -> None:
    octets = raw('vacation "a\n\nb";', MAIL.replace(b"\n", b"\r\n"))
    assert octets.count(b"\n") == octets.count(b"\r\n")
