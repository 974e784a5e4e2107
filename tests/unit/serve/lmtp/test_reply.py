"""Replies: one reply, of lines that fit, whatever the text."""

from __future__ import annotations

import re

import pytest

from mdafilter.serve.lmtp.reply import LINE_OCTETS, LINES, Reply


def lines(reply: Reply, utf8: bool = False) -> list[bytes]:
    octets = reply.octets(utf8)
    assert octets.endswith(b"\r\n")
    return octets[:-2].split(b"\r\n")


def test_a_reply_has_its_enhanced_status_code() -> None:
    assert Reply(250, "2.1.5", "OK").octets() == b"250 2.1.5 OK\r\n"


def test_a_greeting_has_none() -> None:
    assert Reply(220, "", "mx.example LMTP").octets() == b"220 mx.example LMTP\r\n"


def test_the_status_code_is_on_each_line() -> None:
    """RFC 2034, 4: "the status code must appear in all lines of a multiline reply"."""
    assert Reply(550, "5.7.1", "Not\nthat\n").octets() == b"550-5.7.1 Not\r\n550 5.7.1 that\r\n"


@pytest.mark.parametrize("text", ["a\r\n250 2.0.0 OK", "a\n250 OK", "a\r250 OK", "a\x85250 OK", "a\u2028250 OK"])
def test_no_text_is_another_reply(text: str) -> None:
    assert all(line.startswith((b"550-5.7.1 ", b"550 5.7.1 ")) for line in lines(Reply(550, "5.7.1", text), utf8=True))


def test_control_characters_are_not_sent() -> None:
    assert Reply(550, "5.7.1", "a\0b\x1b[31mc\td").octets() == b"550 5.7.1 a?b?[31mc d\r\n"


def test_utf8_is_sent_to_whom_has_said_that_it_is_understood() -> None:
    """RFC 6531, 3.7.4.2."""
    assert Reply(550, "5.7.1", "für").octets() == b"550 5.7.1 fur\r\n"
    assert Reply(550, "5.7.1", "für").octets(utf8=True) == "550 5.7.1 für\r\n".encode()
    assert Reply(550, "5.7.1", "a\udcff").octets(utf8=True) == b"550 5.7.1 a?\r\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("„Größe“ – 5 €", b'550 5.7.1 "Grosse" - 5 EUR\r\n'),
        ("Naïve\nПривет\nŁódź", b"550-5.7.1 Naive\r\n550 5.7.1 Lodz\r\n"),
        ("Привет", b"550 5.7.1 The reason cannot be written in US-ASCII\r\n"),
        ("no \U0001f4a9", b"550 5.7.1 no ?\r\n"),
    ],
)
def test_to_others_it_is_said_in_ascii(text: str, said: bytes) -> None:
    """RFC 5429, 2.1.1: it "MUST replace any "reason" string being sent at the protocol level and containing
    non-US-ACSII characters with an implementation-defined US-ACSII-only string"."""
    assert Reply(550, "5.7.1", text).octets() == said


@pytest.mark.parametrize("text", ["x" * 5000, "ü" * 5000, "x\n" * 5000, "\n" * 5000, "", "\U0001f4a9" * 400])
def test_lines_are_short_and_few(text: str) -> None:
    """RFC 5321, 4.5.3.1.5: "The maximum total length of a reply line including the reply code and the <CRLF> is 512"."""
    found = lines(Reply(550, "5.7.1", text), utf8=True)
    assert all(len(line) + 2 <= LINE_OCTETS for line in found)
    assert 1 <= len(found) <= LINES
    assert all(re.match(rb"550-5\.7\.1 ", line) for line in found[:-1])
    assert found[-1].startswith(b"550 5.7.1 ")
