"""Addresses that no answer could reach, with a real dnsmasq."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from mdafilter_policyd.checks import Scene
from mdafilter_policyd.checks.sender import Options, is_fqdn, make
from mdafilter_policyd.dns import Answer, DnsError, StubResolver
from mdafilter_policyd.opinion import Opinion, Pass, Points, Reject
from tests.support import policyd_dns
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_rbl import Watch, request, with_resolver

real = pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing())

RECORDS = (
    "mx-host=example.org,mail.example.org,10",
    "host-record=a.example.org,192.0.2.1",
    "host-record=six.example.org,2001:db8::1",
    "mx-host=null.example,.,0",
    "mx-host=two.example,.,0",
    "mx-host=two.example,mail.two.example,10",
    "server=/dead.example/#",  # REFUSED
)


def said(options: Options, **attributes: str) -> tuple[Sequence[Opinion], dict[str, str]]:
    scene = Scene()

    async def work(resolver: StubResolver) -> Sequence[Opinion]:
        return await make(options, Watch().house(resolver)).check(request(**attributes), scene)

    with dnsmasq(*RECORDS) as dns:
        return with_resolver(dns.host, work), scene.facts


@real
@pytest.mark.parametrize(
    "sender",
    [
        "",
        "ann@example.org",
        "ann@Example.ORG.",
        "ann@a.example.org",
        "ann@six.example.org",
        "ann@[192.0.2.1]",
        "ann@[IPv6:2001:db8::1]",
        "ann@two.example",
        '"a@b"@example.org',
    ],
)
def test_a_good_sender_is_let_through(sender: str) -> None:
    assert said(Options(), sender=sender) == ((), {})


@real
def test_who_has_logged_in_is_not_looked_at() -> None:
    assert said(Options(), sender="ann@nowhere.example", recipient="bob", sasl_username="ann") == ((), {})


@real
@pytest.mark.parametrize(
    ("sender", "kind", "code"),
    [
        ("ann@nowhere.example", "unknown_domain", "550 5.1.8"),
        ("ann@null.example", "null_mx", "550 5.7.27"),
        ("ann@localhost", "not_fqdn", "504 5.5.2"),
        ("ann", "not_fqdn", "504 5.5.2"),
        ("@example.org", "not_fqdn", "504 5.5.2"),
        ("ann@a..b", "not_fqdn", "504 5.5.2"),
        ("ann@a b.example", "not_fqdn", "504 5.5.2"),
    ],
)
def test_one_that_no_answer_could_reach_is_refused(sender: str, kind: str, code: str) -> None:
    """RFC 7505 section 4.2: "550 reply code and ... 5.7.27"."""
    opinions, facts = said(Options(), sender=sender)
    assert [(o.text.partition(" <")[0], o.why) for o in opinions if isinstance(o, Reject)] == [(code, kind)]
    assert facts == {"sender": kind}
    opinions, facts = said(Options(**{kind: "warn"}), sender=sender)  # type: ignore[arg-type]
    assert [o.why.partition(" <")[0] for o in opinions if isinstance(o, Points)] == [f"would refuse: {code}"]
    assert facts == {"sender": kind}
    assert said(Options(**{kind: "off"}), sender=sender) == ((), {})  # type: ignore[arg-type]


@real
def test_no_answer_refuses_nobody() -> None:
    [opinion], facts = said(Options(), sender="ann@mail.dead.example")
    assert isinstance(opinion, Pass)
    assert "cannot tell: mail.dead.example MX" in opinion.why
    assert facts == {}


class Halting:
    """Answers for MX alone."""

    async def lookup(self, name: str, kind: str) -> Answer:
        if kind == "MX":
            return Answer()
        raise DnsError(f"{name} {kind}: no answer")


def test_half_an_answer_refuses_nobody() -> None:
    opinions = asyncio.run(make(Options(), Watch().house(Halting())).check(request(), Scene()))
    assert opinions == (Pass("cannot tell: example.org A: no answer"),)


@real
def test_a_recipient_needs_a_domain() -> None:
    opinions, _ = said(Options(), recipient="alice")
    assert [o.text for o in opinions if isinstance(o, Reject)] == [
        "504 5.5.2 <alice>: Recipient address rejected: need fully-qualified address"
    ]


@real
@pytest.mark.parametrize("recipient", ["", "Postmaster", "alice@example.net", "alice@[192.0.2.1]"])
def test_or_is_postmaster(recipient: str) -> None:
    """RFC 5321 section 4.5.1: "the reserved mailbox "postmaster" ... without domain specification"."""
    assert said(Options(), recipient=recipient) == ((), {})


@real
def test_our_own_domains_are_not_asked_for() -> None:
    assert said(Options(domains=("Inside.example.",)), sender="ann@inside.EXAMPLE") == ((), {})


@real
def test_nothing_is_asked_where_nothing_would_be_done() -> None:
    options = Options(unknown_domain="off", null_mx="off")

    async def work(resolver: StubResolver) -> Sequence[Opinion]:
        return await make(options, Watch().house(resolver)).check(request(), Scene())

    with dnsmasq(*RECORDS) as dns:
        assert with_resolver(dns.host, work) == ()
        assert dns.asked("example.org", "MX") == 0


def test_a_domain_that_we_cannot_spell_is_no_fault_of_its_owner() -> None:
    assert is_fqdn("ann@\ue000.example")
