"""The old tricks: all are tried, none goes further than RCPT TO, and no other host is asked."""

from __future__ import annotations

import pytest

from mdafilter_policyd import openrelay
from mdafilter_policyd.openrelay import FORMS, Names, NotHere, Server, own, trusted
from tests.support.relaying import relaying

NAMES = Names("example.org", "mail.example.org", "127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost"])
def test_this_host_may_be_asked(host: str) -> None:
    assert own(host).startswith("127.") or own(host) == "::1"


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "8.8.8.8", "0.0.0.0", "::", "224.0.0.1"])
def test_another_host_may_not(host: str) -> None:
    with pytest.raises(NotHere):
        own(host)
    with pytest.raises(NotHere):
        Server(host, 25)


@pytest.mark.parametrize("host", ["a" * 300, "", "x..y", "\x00"])
def test_what_is_no_host_is_not_asked(host: str) -> None:
    if host:
        with pytest.raises((NotHere, OSError, ValueError)):
            Server(host, 25)


def test_who_is_trusted() -> None:
    assert trusted("127.0.0.1", "127.0.0.0/8 [::1]/128")
    assert trusted("::1", "127.0.0.0/8, [::1]/128")
    assert not trusted("192.0.2.1", "127.0.0.0/8 [::1]/128 hash:/etc/postfix/networks")
    assert not trusted("127.0.0.1", "")


def test_each_form_is_tried_and_none_sends_a_message() -> None:
    with relaying(lambda line: "554 5.7.1 Relay access denied") as server:
        replies = list(Server("127.0.0.1", server.port).ask(NAMES))
    assert len(replies) == len(FORMS) and not any(reply.relays for reply in replies)
    assert {line.split()[0].rstrip(":").upper() for line in server.said} == {"EHLO", "MAIL", "RCPT", "QUIT"}
    for recipient in (
        "relaytest@example.net",
        "relaytest%example.net@example.org",
        '"relaytest@example.net"@example.org',
        "@example.org:relaytest@example.net",
        "example.net!relaytest@[127.0.0.1]",
    ):
        assert f"RCPT TO:<{recipient}>" in server.said


def test_what_it_takes_is_open() -> None:
    with relaying(lambda line: "250 Ok" if "!" in line else "454 4.7.1 Relay access denied") as server:
        replies = list(Server("127.0.0.1", server.port).ask(NAMES))
    assert [reply for reply in replies if reply.relays] == [reply for reply in replies if "!" in reply.recipient]


def test_a_server_that_hangs_up_has_refused() -> None:
    with relaying(lambda line: "") as server:
        assert {reply.code for reply in Server("127.0.0.1", server.port).ask(NAMES)} == {421}


def test_where_it_may_it_is_a_stranger() -> None:
    """XCLIENT_README: after 220 the session is a new one, so there is a new EHLO."""
    with relaying(lambda line: "554 5.7.1 no", "XCLIENT NAME ADDR") as server:
        made = Server("127.0.0.1", server.port)
        list(made.ask(NAMES))
    assert made.stranger and made.source == "127.0.0.1"
    first = server.said[server.said.index(f"XCLIENT ADDR={openrelay.STRANGER} NAME=[UNAVAILABLE]") :]
    assert first[1].startswith("EHLO ") and first[2].startswith("MAIL FROM:")
