"""Requests out of octets, and actions into octets (SMTPD_POLICY_README)."""

from __future__ import annotations

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.protocol import Decoder, ProtocolError, encode
from mdafilter_policyd.request import Request


def decoded(*parts: bytes) -> list[Request]:
    """All requests, when the parts have come one after the other."""
    decoder, found = Decoder(), []
    for part in parts:
        decoder.feed(part)
        while (request := decoder.next()) is not None:
            found.append(request)
    return found


def test_a_request_is_its_attributes_as_they_came() -> None:
    """ "The policy client sends ... name=value attributes separated by newline, and is terminated by an empty line"."""
    (request,) = decoded(b"request=smtpd_access_policy\nsender=a=b@example.org\nhelo_name=\nnew_in_postfix_4=x y\n\n")
    assert request.attributes == {
        "request": "smtpd_access_policy",
        "sender": "a=b@example.org",
        "helo_name": "",
        "new_in_postfix_4": "x y",
    }


def test_requests_that_come_at_once_are_several() -> None:
    """ "The same server process may be used for multiple requests" - of one connection, in order."""
    assert [each.get("n") for each in decoded(b"n=1\n\nn=2\n\nn=3\n", b"\n")] == ["1", "2", "3"]


def test_the_last_of_two_values_counts() -> None:
    """ "When the same attribute name is sent more than once, the server may keep the first value or the last"."""
    assert decoded(b"sender=a\nsender=b\n\n") == [Request({"sender": "b"})]


def test_what_is_not_whole_is_none_yet() -> None:
    decoder = Decoder()
    decoder.feed(b"sender=a\n")
    assert decoder.next() is None
    assert len(decoder) == len(b"sender=a\n")
    decoder.feed(b"\nn")
    assert decoder.next() == Request({"sender": "a"})
    assert len(decoder) == 1


def test_an_address_that_is_no_utf8_can_be_written_down_all_the_same() -> None:
    (request,) = decoded("sender=\u00e4@example.org\n".encode() + b"recipient=\xff@example.org\n\n")
    assert request.sender == "\u00e4@example.org"
    assert request.recipient == "\\xff@example.org"
    request.recipient.encode()


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"hello\n\n", "not name=value: 'hello'"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\n", "not name=value"),
        (b"\n\n", "not name=value"),
        (b"\nsender=a\n\n", "not name=value"),
        (b"sender=a\0b\n\n", "an octet 0"),
        (b"".join(b"a%d=\n" % n for n in range(limits.ATTRIBUTES + 1)) + b"\n", "attributes"),
        (b"x" * limits.REQUEST_OCTETS, "octets without the end"),
        (b"x=" + b"y" * (limits.REQUEST_OCTETS - 3) + b"\n\n", "octets without the end"),
    ],
)
def test_what_can_never_be_a_request_is_refused(octets: bytes, why: str) -> None:
    with pytest.raises(ProtocolError, match=why):
        decoded(octets)


def test_the_largest_request_is_one() -> None:
    size = limits.REQUEST_OCTETS - len(b"x=\n\n")
    (request,) = decoded(b"x=" + b"y" * size + b"\n\n")
    assert len(request.get("x")) == size
    most = b"".join(b"a%d=\n" % n for n in range(limits.ATTRIBUTES))
    assert len(decoded(most + b"\n")[0].attributes) == limits.ATTRIBUTES


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("DUNNO", b"action=DUNNO\n\n"),
        ("554 5.7.1 Go away; see https://example.org/", b"action=554 5.7.1 Go away; see https://example.org/\n\n"),
        ("", b"action=DUNNO\n\n"),
        (" \n ", b"action=DUNNO\n\n"),
        ("PREPEND X-A: b\r\nX-Forged: c", b"action=PREPEND X-A: b X-Forged: c\n\n"),
        ("REJECT\n\naction=OK", b"action=REJECT action=OK\n\n"),
        ("REJECT caf\u00e9 \x1b[1m\u2028x", b"action=REJECT caf? ?[1m x\n\n"),
        ("REJECT " + "x" * 1000, b"action=REJECT " + b"x" * (limits.TEXT - 7) + b"\n\n"),
        ("PREPEND X-A: " + "x" * 900, b"action=PREPEND X-A: " + b"x" * 900 + b"\n\n"),
        ("PREPEND X-A: " + "x" * 2000, b"action=PREPEND X-A: " + b"x" * (limits.FIELD - 13) + b"\n\n"),
    ],
)
def test_an_action_is_one_line_that_postfix_can_take(action: str, sent: bytes) -> None:
    """ "The policy server replies with ... action=... followed by an empty line"."""
    assert encode(action) == sent
