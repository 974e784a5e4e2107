"""The maze with mdafilter-policyd in it: Postfix and the daemon from the shipped files, and clients that it lets in or not.

The configuration is policyd.toml.example, each check "on" instead of "warn", but for paths, a delay of a second instead
of five minutes, and a small rate. zen.spamhaus.org is a zone of the private DNS.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import maze as support
from tests.support import policyd_daemon, postfix
from tests.support.maze import GOOD, Maze, ask, send
from tests.support.policyd_daemon import Daemon

ZEN = "zen.spamhaus.org"
MORE = [
    'txt-record=friend.test,"v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 -all"',
    f"address=/2.0.0.127.{ZEN}/127.0.0.2",
    f"address=/66.100.51.198.{ZEN}/127.0.0.4",
    f'txt-record=66.100.51.198.{ZEN},"https://check.spamhaus.org/query/ip/198.51.100.66"',
    f"address=/67.100.51.198.{ZEN}/127.255.255.254",
]
CHINA = "Too much spam from China. Write to postmaster from another address, or by phone."
REJECTED = "<alice@example.org>: Recipient address rejected:"


def configuration(stage: Maze) -> str:
    """The shipped one, and what a test needs of it."""
    return stage.policyd(
        ('# delay = "5m"', 'delay = "1s"'),
        ('# client_messages = ""', 'client_messages = "5/1h"'),
        ("# exempt = []", 'exempt = ["192.0.2.0/24"]'),
    )


@pytest.fixture(scope="module")
def stage() -> Iterator[Maze]:
    if reason := support.why_not():
        pytest.skip(reason)
    with support.started(Maze(), *MORE) as made:
        yield made


@pytest.fixture(scope="module")
def daemon(stage: Maze, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("policyd")
    with policyd_daemon.daemon(folder, configuration(stage), "--listen", f"unix:{stage.policy}") as running:
        yield running


def again(stage: Maze, **who: str) -> support.Reply:
    """As a server does that was asked to come again."""
    first = ask(stage, **who)
    assert first.code == 450 and "Greylisted: please try again in" in first.text, first.line
    time.sleep(1.5)
    return ask(stage, **who)


# --- who is refused, and with which text -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "line"),
    [
        ({"address": "198.51.100.9", "name": "mail.spam.cn"}, f"554 5.7.1 {REJECTED} {CHINA}"),
        ({"address": "130.117.5.5"}, f"554 5.7.1 {REJECTED} Too much spam from this network. Write to postmaster from another address."),
        ({"address": "198.51.100.66"}, f"554 5.7.1 {REJECTED} Service unavailable; Client host [198.51.100.66] blocked using zen.spamhaus.org; https://check.spamhaus.org/query/ip/198.51.100.66"),
    ],
    ids=["a country", "a network", "a list of the DNS"],
)  # fmt: skip
def test_who_is_refused_hears_why(stage: Maze, daemon: Daemon, who: dict[str, str], line: str) -> None:
    assert ask(stage, sender="", **who).line == line


def test_a_forged_sender_is_refused_by_spf(stage: Maze, daemon: Daemon) -> None:
    reply = ask(stage, address="198.51.100.20", helo="onlyaddress.test")
    assert reply.code == 550 and "SPF" in reply.text and "friend.test" in reply.text, reply.line


def test_an_address_that_is_not_its_own_is_refused_as_a_name(stage: Maze, daemon: Daemon) -> None:
    reply = ask(stage, address="198.51.100.21", helo="[192.0.2.99]", sender="")
    assert reply.code >= 500 and "192.0.2.99" in reply.text, reply.line


# --- who comes in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    [
        {"address": "55.66.77.8"},
        {"address": "198.51.100.30", "name": "mail-ed1-f41.google.com"},
        {"address": "198.51.100.31", "name": "my.home.ip"},
    ],
    ids=str,
)
def test_whom_the_table_knows_comes_in_at_once(stage: Maze, daemon: Daemon, who: dict[str, str]) -> None:
    assert ask(stage, sender="", **who).line == "250 2.1.5 Ok"


def test_a_stranger_comes_in_when_he_comes_again(stage: Maze, daemon: Daemon) -> None:
    assert again(stage).line == "250 2.1.5 Ok"
    assert again(stage, address="2001:db8:1::7", sender="").line == "250 2.1.5 Ok"


def test_with_spf_it_is_the_domain_that_is_known_and_not_the_host(stage: Maze, daemon: Daemon) -> None:
    """A farm of servers: the second try comes from another one, of another network even."""
    assert ask(stage, address="192.0.2.10", sender="frank@friend.test", to="reports@example.org").code == 450
    time.sleep(1.5)
    reply = ask(stage, address="2001:db8::8", sender="frank@friend.test", to="reports@example.org")
    assert reply.line == "250 2.1.5 Ok"


def test_a_list_that_says_no_more_than_that_it_is_blocked_stops_nobody(stage: Maze, daemon: Daemon) -> None:
    assert again(stage, address="198.51.100.67", sender="").line == "250 2.1.5 Ok"


def test_a_name_that_nobody_can_resolve_is_only_warned_of(stage: Maze, daemon: Daemon) -> None:
    """helo.unresolvable = "warn": it hits real senders."""
    assert again(stage, address="203.0.113.40", helo="inside.of.us.test", sender="").line == "250 2.1.5 Ok"


def test_postmaster_is_reached_by_all(stage: Maze, daemon: Daemon) -> None:
    refused = {"address": "198.51.100.9", "name": "mail.spam.cn", "sender": ""}
    assert ask(stage, to="postmaster@example.org", **refused).line == "250 2.1.5 Ok"
    assert ask(stage, to="abuse@example.org", **refused).line == "250 2.1.5 Ok"


# --- what the delivery agent sees ------------------------------------------------------------------------------------


def test_a_message_carries_what_was_found(stage: Maze, daemon: Daemon) -> None:
    """One field in the answer at RCPT TO, the other in that at DATA."""
    assert again(stage, address="192.0.2.5", sender="eve@friend.test").code == 250
    maildir: Path = stage.top / "home/alice/Maildir"
    before = set(postfix.messages(maildir).get("", []))
    assert send(stage, b"Subject: found\n\nhello\n", address="192.0.2.5", sender="eve@friend.test").code == 250
    new: set[Path] = set()

    def arrived() -> bool:
        new.update(set(postfix.messages(maildir).get("", [])) - before)
        return bool(new)

    stage.until(arrived, "nothing was delivered")
    header = new.pop().read_text().partition("\n\n")[0]
    assert re.search(r"^Received-SPF: Pass ", header, re.MULTILINE | re.IGNORECASE), header
    assert re.search(r"^X-Mdafilter-Policy: time=\d+; client=192\.0\.2\.5; .*spf=pass", header, re.MULTILINE), header


def test_who_sends_too_much_waits(stage: Maze, daemon: Daemon) -> None:
    """A message is counted at the first question about it: two by then, for which greylisting was asked."""
    who = {"address": "203.0.114.50", "sender": ""}
    assert again(stage, **who).code == 250
    replies = [send(stage, b"Subject: many\n\nhello\n", **who) for _ in range(4)]
    assert [reply.code for reply in replies[:3]] == [250] * 3
    assert replies[3].code == 450 and "Too many messages from 203.0.114.50" in replies[3].text


def test_nobody_has_complained(stage: Maze, daemon: Daemon) -> None:
    assert ask(stage, **{**GOOD, "to": "postmaster@example.org"}).code == 250
    assert daemon.process.poll() is None, daemon.said
    assert [line for line in stage.log().splitlines() if "warning" in line and "policy" in line] == []
