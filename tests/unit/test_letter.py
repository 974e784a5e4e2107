"""A letter of ours: what its header says, whatever it is told."""

from __future__ import annotations

from email import message_from_bytes

from mdafilter.letter import compose, field

NOW = 1_800_000_000.0


def test_its_header() -> None:
    letter = message_from_bytes(compose("a@example.org", "Something", ["One.", "", "Two."], b"\n", NOW))
    assert letter["From"] == "mdafilter <MAILER-DAEMON>"
    assert (letter["To"], letter["Subject"]) == ("a@example.org", "Something")
    assert letter["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"  # RFC 3834 section 5
    assert letter.get_payload() == "One.\n\nTwo.\n"


def test_it_has_the_line_ends_that_it_is_told() -> None:
    letter = compose("a", "b", ["c", "d"], b"\r\n", NOW)
    assert letter.count(b"\n") == letter.count(b"\r\n") == 11


def test_nothing_can_break_out_of_the_header() -> None:
    letter = message_from_bytes(compose("a\r\nBcc: c@d", "b\nBcc: c@d", [], b"\n", NOW))
    assert letter["Bcc"] is None


def test_text_is_utf8() -> None:
    assert "Größe".encode() in compose("a", "b", ["Größe", "\udcff"], b"\n", NOW)


def test_a_field_is_folded() -> None:
    made = field("Subject", "word " * 40, b"\r\n")
    assert made.name == "Subject" and made.text == ("word " * 40).strip()
    assert max(map(len, made.raw.split(b"\r\n"))) <= 78
