"""Why an address is refused, and nothing about anybody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mdafilter_policyd import checks
from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.web.anew import Found
from mdafilter_policyd.web.blocked import CHECKS, OTHER, SHOWN, Refusal, address, compared, refusals, summed
from tests.support.policyd_web import Pages


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("IPv6:2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", ""),
        ("192.0.2.1/24", ""),
        ("mail.example.net", ""),
        ("", ""),
        ("1" * 1000, ""),
    ],
)
def test_an_address(text: str, found: str) -> None:
    assert address(text) == found


def test_every_check_says_what_can_be_done() -> None:
    assert set(CHECKS) == {name for name, _stage in checks.TABLE}


def test_the_same_reason_is_told_once(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    for ago in (300, 200, 100):
        pages.decided("554 no", "dnsbl", "listed by zen.example", ago=ago)
    pages.decided("DEFER_IF_PERMIT later", "greylist", "new, 300 s left", ago=50)
    pages.decided("DUNNO", "", ago=10)
    pages.decided("554 no", "dnsbl", "listed by other.example", client_address="192.0.2.11")
    late, listed = refusals(pages.config.decisions_file, "192.0.2.1")
    assert (late.check, late.kind, late.reason) == ("greylist", "defer", "")
    assert (listed.check, listed.reason, listed.count) == ("dnsbl", "listed by zen.example", 3)
    assert (pages.time - listed.first, pages.time - listed.last) == (300, 100)


def test_nothing_of_other_people_is_shown() -> None:
    entry = Entry(
        1, "192.0.2.1", sender="Alice@x.example", recipient="bob@y.example", sasl="carol", action="554 no", by="dnsbl"
    )
    why = "bob@y.example and ALICE@x.example and carol, /etc/postfix/clients:3: for dave@z.example, <eve@z.example>"
    (found,) = summed([replace(entry, why=why)])
    assert found.reason == "... and ... and ..., clients:3: for ..., <...>"
    for check in ("sender_access", "recipient_access", "rate", "spf", "sender", "greylist"):
        (found,) = summed([replace(entry, by=check, why=why)])
        assert found.reason == ""


def test_many_reasons_are_cut_and_an_unknown_check_is_one() -> None:
    many = [Entry(n, "192.0.2.1", action="554 no", by="dnsbl", why=str(n)) for n in range(50)]
    assert len(summed(many)) == SHOWN
    (found,) = summed([Entry(1, "192.0.2.1", action="554 no", by="", why="5 points")])
    assert (found.about, found.advice) == OTHER


def test_a_url_stays_whole() -> None:
    """A list says by it where one can be taken out."""
    why = "listed, see https://zen.example/query/ip/192.0.2.1, in /etc/postfix/x:3"
    (found,) = summed([Entry(1, "192.0.2.1", action="554 no", by="dnsbl", why=why)])
    assert found.reason == "listed, see https://zen.example/query/ip/192.0.2.1, in x:3"


def before(check: str, reason: str, first: float, count: int, kind: str = "refuse") -> Refusal:
    return Refusal(check, kind, reason, *CHECKS[check], first, first + 10 * count, count)


def test_what_holds_now_has_the_moment_since_which_it_was_seen() -> None:
    past = [before("client_access", "clients:4: 554 no", 100, 2), before("client_access", "clients:9: 554 x", 50, 1)]
    now = Entry(1000, "192.0.2.1", action="554 no", by="client_access", why="/etc/postfix/clients:4: 554 no")
    holds, other = compared(past, Found((now,), asked=("client_access",), settled=("client_access",)))
    assert (holds.state, holds.reason, holds.answer) == ("now", "clients:4: 554 no", "554 no")
    assert (holds.first, holds.last, holds.count) == (100, 120, 2)
    assert (other.state, other.reason) == ("over", "clients:9: 554 x")
    # A line of a table may have moved since: the check is the same one.
    moved = replace(now, why="/etc/postfix/clients:7: 554 no")
    (holds,) = compared(past, Found((moved,)))
    assert (holds.reason, holds.first, holds.count) == ("clients:7: 554 no", 50, 3)


def test_what_the_decisions_have_forgotten_holds_all_the_same() -> None:
    now = Entry(1000, "192.0.2.1", action="450 4.7.1 slowly", by="rate", why="client_messages of 2 in 1h")
    (holds,) = compared((), Found((now,)))
    assert (holds.kind, holds.first, holds.count, holds.about) == ("defer", 0, 0, CHECKS["rate"][0])
    assert holds.reason == "client_messages of 2 in 1h"  # it is about the client alone


def test_what_was_before_is_over_or_cannot_be_said() -> None:
    past = [before("dnsbl", "listed by zen.example", 100, 1), before("spf", "", 100, 1)]
    assert [r.state for r in compared(past, Found(asked=("dnsbl",), settled=("dnsbl",)))] == ["over", ""]
    assert [r.state for r in compared(past, Found(troubles=("x",)))] == ["", ""]
