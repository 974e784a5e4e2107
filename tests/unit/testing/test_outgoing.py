"""The message that tells a sender that his was refused."""

from __future__ import annotations

from mdafilter.message import Envelope, Message
from mdafilter.testing.folders import octets_of
from mdafilter.testing.outgoing import refusal

MESSAGE = Message.parse(b"Subject: offer\nMessage-ID: <1@a.example>\n\nsecret body\n")


def test_what_it_says() -> None:
    told = refusal("No.\r\nNever.", MESSAGE, Envelope("a@a.example", "b@b.example"), 0.0)
    assert told is not None
    assert (told.sender, told.to) == ("", ("a@a.example",))
    text = octets_of(told.message)
    for part in (b"No.\r\nNever.\r\n", b"Original-Message-ID: <1@a.example>", b"Subject: offer", b"; deleted\r\n"):
        assert part in text
    assert b"secret body" not in text
    assert len(told.message.parts) == 5  # the last one is a message with a part


def test_nobody_tells_the_null_sender() -> None:
    """RFC 5321 section 4.5.5."""
    assert refusal("No.", MESSAGE, Envelope("", "b@b.example"), 0.0) is None
