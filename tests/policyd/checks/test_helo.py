"""What a client says in HELO, with a real dnsmasq."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from mdafilter_policyd.checks import Scene
from mdafilter_policyd.checks.helo import Kind, Options, Ours, find, judge, make
from mdafilter_policyd.dns import Answer, DnsError, StubResolver
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Opinion, Pass, Points, Reject
from tests.support import policyd_dns
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_rbl import CLIENT, Watch, request, with_resolver

real = pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing())

OURS = Ours(frozenset({"mx.example.net"}), frozenset({ip_address("198.51.100.1")}))
RECORDS = (
    "host-record=mail.example.org,192.0.2.1",
    "host-record=six.example.org,2001:db8::1",
    "mx-host=mx.example,m.x,1",
)


def said(options: Options, helo: str, **attributes: str) -> tuple[Sequence[Opinion], dict[str, str]]:
    scene = Scene()

    async def work(resolver: StubResolver) -> Sequence[Opinion]:
        return await make(options, Watch().house(resolver)).check(request(helo_name=helo, **attributes), scene)

    with dnsmasq(*RECORDS) as dns:
        return with_resolver(dns.host, work), scene.facts


@pytest.mark.parametrize(
    ("helo", "client", "kind"),
    [
        ("mail.example.org", CLIENT, None),
        ("MAIL.example.org.", CLIENT, None),
        ("my_pc.example.org", CLIENT, None),
        ("localhost", CLIENT, "not_fqdn"),
        ("my pc.example.org", CLIENT, "not_fqdn"),
        ("-.example.org", CLIENT, "not_fqdn"),
        ("b\u00fccher.example", CLIENT, "not_fqdn"),
        ("a..b", CLIENT, "not_fqdn"),
        ("x." * 127 + "example", CLIENT, "not_fqdn"),
        ("192.0.2.66", CLIENT, "bare_address"),
        ("192.0.2.300", CLIENT, "bare_address"),
        ("2001:db8::1", CLIENT, "bare_address"),
        ("198.51.100.1", CLIENT, "ours"),
        ("mx.example.NET", CLIENT, "ours"),
        ("mx.example.net", "127.0.0.1", None),
        ("mx.example.net", "198.51.100.1", None),
        ("[192.0.2.66]", CLIENT, None),
        ("[192.0.2.66]", f"::ffff:{CLIENT}", None),
        ("[IPv6:2001:DB8::66]", "2001:db8::66", None),
        ("[2001:db8::66]", "2001:db8::66", None),
        ("[1.2.3.4]", CLIENT, "literal"),
        ("[192.0.2.66", CLIENT, "literal"),
        ("[x]", CLIENT, "literal"),
        ("[198.51.100.1]", CLIENT, "ours"),
        ("[198.51.100.1]", "198.51.100.1", None),
        ("[192.0.2.66]", "unknown", None),
    ],
)
def test_what_can_be_said_without_the_dns(helo: str, client: str, kind: Kind | None) -> None:
    """RFC 5321 section 4.1.3: an address literal stands in brackets."""
    assert find(helo, client, OURS) == kind


@real
@pytest.mark.parametrize("helo", ["mail.example.org", "six.example.org", "mx.example", "Mail.Example.Org."])
def test_a_name_that_is_in_the_dns_is_good(helo: str) -> None:
    assert said(Options(unresolvable="on"), helo) == ((), {})


@real
def test_a_name_that_is_not_is_only_warned_about() -> None:
    opinions, facts = said(Options(), "pc.example.org")
    assert [(o.points, o.why.partition(" 550")[0]) for o in opinions if isinstance(o, Points)] == [(0, "would refuse:")]
    assert facts == {"helo": "unresolvable"}


@real
def test_that_can_be_changed() -> None:
    opinions, _ = said(Options(unresolvable="on"), "pc.example.org")
    assert [o.text.partition(":")[0] for o in opinions if isinstance(o, Reject)] == ["550 5.7.1 <pc.example.org>"]
    assert said(Options(unresolvable="off"), "pc.example.org") == ((), {})
    assert said(Options(not_fqdn="off"), "localhost") == ((), {})


@real
def test_a_refusal_says_what_to_do() -> None:
    opinions, facts = said(Options(), "localhost")
    assert opinions == (
        Reject(
            "504 5.5.2 <localhost>: Helo command rejected: this is no fully-qualified host name; set up the name of "
            "your mail server",
            "not_fqdn",
        ),
    )
    assert facts == {"helo": "not_fqdn"}


@real
def test_nobody_is_looked_at_who_said_nothing_or_has_logged_in() -> None:
    assert said(Options(), "") == ((), {})
    assert said(Options(), "localhost", sasl_username="ann") == ((), {})


class Dead:
    async def lookup(self, name: str, kind: str) -> Answer:
        raise DnsError(f"{name}: no answer")


def test_no_answer_refuses_nobody() -> None:
    check = make(Options(unresolvable="on"), Watch().house(Dead()))
    opinions = asyncio.run(check.check(request(), Scene()))
    assert opinions == (Pass("cannot tell: mail.example.org: no answer"),)


def test_all_kinds_have_their_text() -> None:
    for kind in ("not_fqdn", "bare_address", "ours", "literal", "unresolvable"):
        [opinion] = judge(kind, Options(unresolvable="on"), "x" * 5000)
        assert isinstance(opinion, Reject)
        assert len(opinion.text) < 400
    assert judge(None, Options(), "x") == ()


# --- exemptions ----------------------------------------------------------------------------------------------------


@real
@pytest.mark.parametrize(
    ("helo", "through"),
    [
        ("df-m14-01.exchange.corp.microsoft.com", True),
        ("DF.Exchange.Corp.Microsoft.com", True),
        ("corp.microsoft.com", False),
        ("localhost", True),
        ("printer", False),
        ("192.0.2.7", True),
        ("[192.0.2.8]", True),
    ],
)
def test_exemptions_stand_in_a_table(tmp_path: Path, helo: str, through: bool) -> None:
    """access(5): ".domain.tld Matches subdomains of domain.tld"."""
    table = tmp_path / "helo_access"
    table.write_text(
        "# exemptions\n.exchange.corp.microsoft.com\tOK\nlocalhost DUNNO\nprinter REJECT no\n192.0.2.0/24 OK\n"
    )
    options = Options(unresolvable="on", helo_access=str(table))
    assert (said(options, helo)[0] == ()) == through
    assert make(options, Watch().house(Dead())).files == (str(table),)


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    table = tmp_path / "helo_access"
    table.write_text("good.example OK\nbad.example\n")
    with pytest.raises(ConfigError) as caught:
        make(Options(helo_access=str(table), addresses=("x",)), Watch().house(Dead()))
    assert [str(fault).partition(" ")[0] for fault in caught.value.faults] == ["addresses:", f"{table}:2:12:"]
    with pytest.raises(ConfigError, match="cannot be read"):
        make(Options(helo_access=str(tmp_path / "none")), Watch().house(Dead()))
    table.write_bytes(b"a\0b")
    with pytest.raises(ConfigError, match="compiled table"):
        make(Options(helo_access=str(table)), Watch().house(Dead()))
