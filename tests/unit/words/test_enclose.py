"""enclose (RFC 5703 section 6)."""

from __future__ import annotations

from mdafilter.acts import Keep, Redirect
from mdafilter.message import Message
from mdafilter.words.enclose import Enclose
from tests.support.scene import StillWorld
from tests.support.script import acts, decide, delivered, folders

REQUIRE = 'require ["enclose", "replace", "mime", "foreverypart", "fileinto", "variables", "copy", "editheader"];\n'
MESSAGE = b"From: bob@example.org\nSubject: old\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nX-A: 1\nX-A: 2\n\nbody\n"


def made(script: str, message: bytes = MESSAGE) -> Message:
    decision = decide(REQUIRE + script, message)
    assert decision.notes == ()
    return Message.parse(delivered(decision))


def fields(message: Message) -> dict[str, str]:
    return {field.name: field.text for field in message.headers}


def test_the_structure() -> None:
    """ "the original message becomes a multipart/mixed message with two parts: a text/plain portion with the string
    argument as its body, and a message/rfc822 portion with the original message enclosed"."""
    message = made('enclose "Beware!";')
    assert [part.type for part in message.parts] == ["multipart/mixed", "text/plain", "message/rfc822", "text/plain"]
    assert message.parts[1].text() == "Beware!"
    whole = message.parts[2]
    assert message.octets.slice(whole.body, whole.end) == MESSAGE
    assert message.defects == ()


def test_the_header() -> None:
    """ "if not present, the subject will be taken from the enclosed message"; "Date: and From: headers should be
    synthesized to reflect the current date and the user running the Sieve action"."""
    found = fields(made('enclose "x";'))
    assert found["Subject"] == "old" and found["From"] == found["To"] == "r@example.net"
    assert found["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000" and found["MIME-Version"] == "1.0"
    assert found["Message-ID"].endswith("@example.net>")


def test_headers_are_copied() -> None:
    """ "Any headers specified by :headers are copied from the old message into the new message"."""
    message = made('enclose :subject "Näw" :headers ["from", "date", "x-a", "x-none", "subject", "content-type"] "x";')
    assert [(field.name, field.text) for field in message.headers][:5] == [
        ("From", "bob@example.org"),
        ("Date", "Mon, 1 Jan 2024 00:00:00 +0000"),
        ("X-A", "1"),
        ("X-A", "2"),
        ("Subject", "Näw"),
    ]
    assert len(message.headers.all("Content-Type")) == len(message.headers.all("Date")) == 1


def test_the_address_of_the_user() -> None:
    world = StillWorld(options={"user_email": "ann@example.net"})
    assert (
        fields(Message.parse(delivered(decide(REQUIRE + 'enclose "x";', MESSAGE, world))))["From"] == "ann@example.net"
    )


def test_a_redirect_sends_the_message_itself() -> None:
    """ "This action does not affect messages that are forwarded via a "redirect" action."."""
    decision = decide(REQUIRE + 'enclose "x"; enclose "y"; addheader "X" "1"; redirect :copy "a@example.net";', MESSAGE)
    assert acts(decision) == [Redirect("a@example.net", True), Keep()]
    assert decision.decided[0].message.octets.slice(0, 1000) == MESSAGE
    assert [part.path for part in decision.decided[1].message.parts][-1] == "2.1.2.1"


def test_twice_is_twice() -> None:
    """ "the message is enclosed multiple times"."""
    assert [part.path for part in made('enclose "a"; enclose "b";').parts] == [
        "",
        "1",
        "2",
        "2.1",
        "2.1.1",
        "2.1.2",
        "2.1.2.1",
    ]


def test_tests_see_the_new_message() -> None:
    """ "tests operating on the MIME structure or accessing MIME header fields, use the newly constructed message"."""
    script = 'enclose :subject "new" "a"; if allof (header "subject" "new", header :mime :anychild "subject" "old") { fileinto "yes"; }'
    assert folders(decide(REQUIRE + script, MESSAGE)) == ["yes"]


def test_in_a_loop_it_goes_on_where_the_part_is_now() -> None:
    message = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\n"
    script = """foreverypart { if header :mime :type "Content-Type" "multipart" { enclose "x"; }
        elsif header :mime :subtype "Content-Type" "html" { replace "gone"; } }"""
    whole = made(script, message)
    assert [(part.path, part.type) for part in whole.parts][-3:] == [
        ("2.1", "multipart/mixed"),
        ("2.1.1", "text/plain"),
        ("2.1.2", "text/plain"),
    ]


def test_octets_over_127_are_declared() -> None:
    """RFC 2046 section 5.2.1: "No encoding other than "7bit", "8bit", or "binary" is permitted"."""
    message = made('enclose "x";', MESSAGE.replace(b"body", b"gr\xfcn"))
    assert [part.encoding for part in message.parts] == ["8bit", "", "8bit", ""]
    assert [part.encoding for part in made('enclose "grün";').parts] == ["", "quoted-printable", "", ""]


def test_a_failure_later_on_brings_the_message_back() -> None:
    decision = decide(REQUIRE + 'require "ihave"; enclose "x"; error "no";', MESSAGE)
    assert delivered(decision) == MESSAGE


def test_the_text_cannot_end_its_part() -> None:
    message = made('enclose "a\r\n--=_x\r\n--\r\n";')
    assert len(message.parts) == 4 and message.parts[1].text() == "a\r\n--=_x\r\n--\r\n"


def test_it_describes_itself_as_sieve() -> None:
    assert Enclose("x").describe() == 'enclose "x"'
    assert Enclose("x", "s", ("a", "b")).describe() == 'enclose :subject "s" :headers ["a", "b"] "x"'
