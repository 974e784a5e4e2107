"""Records by the grammar of RFC 7208 section 12: what is one, what is none, and what its terms are."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from mdafilter_policyd.spf.macros import domain_spec
from mdafilter_policyd.spf.record import Directive, Record, RecordError, is_record, parse
from tests.support.clock import linear

# Section, term (or terms), whether it is by the grammar.
TERMS = [
    # 4.6.1: terms = *( 1*SP ( directive / modifier ) )
    ("4.6.1", "a  mx", True),
    ("4.6.1", "a ", True),
    ("4.6.1", "a\tmx", False),
    ("4.6.1", "a\r\n", False),
    ("4.6.1", "a\xa0mx", False),
    # directive = [ qualifier ] mechanism; "The possible qualifiers are + - ~ ?"
    ("4.6.2", "+a -a ~a ?a", True),
    ("4.6.2", "!a", False),
    ("4.6.2", "--all", False),
    ("4.6.2", "-", False),
    ("4.6.2", "+", False),
    # "unrecognized mechanism": a syntax error, wherever it stands
    ("4.6", "-all mechanism", False),
    ("4.6", "-all ip9:192.0.2.1", False),
    ("4.6", "al1", False),
    ("4.6", "4ip:192.0.2.1", False),
    # 5.1: all = "all"
    ("5.1", "ALL", True),
    ("5.1", "all:", False),
    ("5.1", "all/24", False),
    ("5.1", "all:example.org", False),
    # 5.2: include = "include" ":" domain-spec
    ("5.2", "include:_spf.example.org", True),
    ("5.2", "include", False),
    ("5.2", "include:", False),
    ("5.2", "include:example.org/24", False),
    ("5.2", "include/24", False),
    # 5.3: a = "a" [ ":" domain-spec ] [ dual-cidr-length ]
    ("5.3", "a/0", True),
    ("5.3", "a/32//128", True),
    ("5.3", "a//0", True),
    ("5.3", "a:example.org/24", True),
    ("5.3", "a:example.org//64", True),
    ("5.3", "a:example.org/24//64", True),
    ("5.3", "a:", False),
    ("5.3", "a:/24", False),
    ("5.3", "a/", False),
    ("5.3", "a//", False),
    ("5.3", "a/24/", False),
    ("5.3", "a/24/64", False),
    ("5.3", "a///64", False),
    ("5.3", "a//64/24", False),
    ("5.3", "a/33", False),
    ("5.3", "a/024", False),
    ("5.3", "a/00", False),
    ("5.3", "a/-1", False),
    ("5.3", "a//129", False),
    ("5.3", "a//064", False),
    ("5.3", "a/24example.org", False),
    ("5.3", "a.example.org", False),
    # 5.4 and 5.5
    ("5.4", "mx mx/24 mx:example.org//64", True),
    ("5.4", "mx:example.org/33", False),
    ("5.5", "ptr ptr:example.org", True),
    ("5.5", "ptr/24", False),
    ("5.5", "ptr:example.org/24", False),
    # 5.6: ip4 = "ip4" ":" ip4-network [ ip4-cidr-length ]; qnum has no leading zeros
    ("5.6", "ip4:0.0.0.0 ip4:255.255.255.255/32 ip4:192.0.2.1/0", True),
    ("5.6", "ip4", False),
    ("5.6", "ip4:", False),
    ("5.6", "ip4:192.0.2", False),
    ("5.6", "ip4:192.0.2.", False),
    ("5.6", "ip4:192.0.2.256", False),
    ("5.6", "ip4:192.0.2.01", False),
    ("5.6", "ip4:192.0.2.0/33", False),
    ("5.6", "ip4:192.0.2.0/024", False),
    ("5.6", "ip4:192.0.2.0/", False),
    ("5.6", "ip4:192.0.2.0//24", False),
    ("5.6", "ip4:192.0.2.0/255.255.255.0", False),
    ("5.6", "ip4:2001:db8::1", False),
    ("5.6", "ip4:192.0.2.\u0661", False),
    ("5.6", "ip6::: ip6:2001:db8::/32 ip6:::ffff:192.0.2.1/128 IP6:2001:DB8::1", True),
    ("5.6", "ip6", False),
    ("5.6", "ip6:2001:db8", False),
    ("5.6", "ip6:2001::db8::1", False),
    ("5.6", "ip6:2001:db8::/129", False),
    ("5.6", "ip6:2001:db8::/064", False),
    ("5.6", "ip6:fe80::1%eth0", False),
    ("5.6", "ip6:192.0.2.1", False),
    # 5.7: exists = "exists" ":" domain-spec
    ("5.7", "exists:%{ir}.example.org", True),
    ("5.7", "exists", False),
    ("5.7", "exists:example.org/24", False),
    # 6: "exp" and "redirect" "MUST NOT appear in a record more than once each"
    ("6", "exp=a.example.org redirect=b.example.org", True),
    ("6", "redirect=a.example.org redirect=a.example.org", False),
    ("6", "exp=a.example.org EXP=a.example.org", False),
    ("6", "redirect=", False),
    ("6", "exp=", False),
    ("6", "redirect", False),
    ("6", "redirect:example.org", False),
    ("6", "redirect=example.org/24", False),
    ("6", "-redirect=example.org", False),
    # unknown-modifier = name "=" macro-string; name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
    ("6", "m= m=x m=y n-1_2.3=%{d}/%%:=", True),
    ("6", "1m=x", False),
    ("6", "=x", False),
    ("6", "m/n=x", False),
    ("6", "m=%x", False),
    ("6", "m=%{z}", False),
    ("6", "m=\xe4", False),
    # 7.1: domain-spec = macro-string domain-end; toplabel is not all digits, and begins and ends with no hyphen
    ("7.1", "a:example.org.", True),
    ("7.1", "a:example.x--y", True),
    ("7.1", "a:example.1a", True),
    ("7.1", "a:_x!$&'()*,;@.example.org", True),
    ("7.1", "a:10.0.0.1", False),
    ("7.1", "a:example.-org", False),
    ("7.1", "a:example.org-", False),
    ("7.1", "a:example.o_g", False),
    ("7.1", "a:example.org..", False),
    ("7.1", "a:org", False),
    ("7.1", "a:%{d}", True),
    ("7.1", "a:%{d}.org", True),
    ("7.1", "a:%{d}org", False),
    ("7.1", "a:%{d}.", False),
    ("7.1", "a:%{d}/24//64", True),
    ("7.1", "a:x%_", True),
    ("7.1", "a:%{D}", True),
    ("7.1", "a:%{dR}", True),
    ("7.1", "a:%{ d}", False),
    ("7.1", "a:%{d1r.-+,/_=}", True),
    ("7.1", "a:%{dr1}", False),
    ("7.1", "a:%{d0}", False),
    ("7.1", "a:%{d", False),
    ("7.1", "a:%d", False),
    ("7.1", "a:%", False),
    # "The following macro letters are allowed only in "exp" text": c, r, t
    ("7.2", "a:%{c}", False),
    ("7.2", "exp=%{r}", False),
    ("7.2", "redirect=%{T}", False),
]


@pytest.mark.parametrize(("section", "terms", "good"), TERMS, ids=[f"{s} {t!r}" for s, t, _ in TERMS])
def test_terms(section: str, terms: str, good: bool) -> None:
    if good:
        parse(f"v=spf1 {terms}")
        return
    with pytest.raises(RecordError) as raised:
        parse(f"v=spf1 {terms}")
    assert str(raised.value).isascii() and str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("v=spf1", True),
        ("v=spf1 ", True),
        ("V=SPF1 -all", True),
        ("v=spf10 -all", False),
        ("v=spf1-all", False),
        ("v=spf1\t-all", False),
        ("v=spf1\n", False),
        (" v=spf1 -all", False),
        ('"v=spf1 -all"', False),
        ("v=spf2.0/pra -all", False),
        ("", False),
    ],
)
def test_which_records_are_ours(text: str, ours: bool) -> None:
    """4.5: "a version section of exactly "v=spf1"", "terminated by either an SP character or the end of the record"."""
    assert is_record(text) is ours
    if not ours:
        with pytest.raises(RecordError):
            parse(text)


def test_what_terms_are() -> None:
    assert parse("v=spf1 ~a:example.org/24//64 ?ip6:2001:db8::1/32 -all x=y exp=e.example.org") == Record(
        (
            Directive("softfail", "a", "~a:example.org/24//64", domain_spec("example.org"), None, 24, 64),
            Directive("neutral", "ip6", "?ip6:2001:db8::1/32", network=ip_network("2001:db8::/32")),
            Directive("fail", "all", "-all"),
        ),
        exp=domain_spec("e.example.org"),
    )


def test_a_slash_may_be_of_the_domain() -> None:
    """macro-literal is all that is visible but "%"."""
    assert parse("v=spf1 a:x/24.example.org/16").directives[0].prefix4 == 16
    assert parse("v=spf1 a:%{d/}/16").directives[0].prefix4 == 16


def test_the_error_names_the_term() -> None:
    with pytest.raises(RecordError, match=r"a:10\.0\.0\.1"):
        parse("v=spf1 mx a:10.0.0.1 -all")


@pytest.mark.parametrize("part", ["a ", "a:%{d}", "/", "1/", "%{", "%", "x=", "ip6:", ":", ".", "-", "0"])
def test_any_size_is_linear(part: str) -> None:
    def read(text: str) -> None:
        try:
            parse(text)
        except RecordError:
            pass  # most of them are

    assert linear(read, "v=spf1 a:" + part * 60_000)
