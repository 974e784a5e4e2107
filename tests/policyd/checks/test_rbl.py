"""Entries as postscreen_dnsbl_sites has them, and what lists say (RFC 5782)."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from mdafilter_policyd.checks.rbl import EntryError, address_label, is_ipv6, name_label, parse, sort


@pytest.mark.parametrize(
    ("text", "domain", "weight", "yes", "no"),
    [
        ("zen.spamhaus.org", "zen.spamhaus.org", 1, "127.0.0.2 127.1.2.3", ""),
        ("Zen.Spamhaus.ORG.*3", "zen.spamhaus.org", 3, "127.0.0.2", ""),
        ("zen.spamhaus.org=127.0.0.[2..11]*3", "zen.spamhaus.org", 3, "127.0.0.2 127.0.0.11", "127.0.0.12 127.0.1.2"),
        ("bl.test=127.0.0.2;3", "bl.test", 1, "127.0.0.2 127.0.0.3", "127.0.0.4"),
        ("bl.test=127.0.0.[2;4..6]*1.5", "bl.test", 1.5, "127.0.0.2 127.0.0.5", "127.0.0.3"),
        ("wl.test=127.0.[0..255].[1;2]*-2", "wl.test", -2, "127.0.9.1 127.0.255.2", "127.0.9.3"),
        ("bl.test=127.0.0.2*+4", "bl.test", 4, "127.0.0.2", "127.0.0.20"),
    ],
)
def test_an_entry(text: str, domain: str, weight: float, yes: str, no: str) -> None:
    """postconf(5): "one or more ";"-separated numbers or number..number ranges"."""
    entry = parse(text)
    assert (entry.domain, entry.weight) == (domain, weight)
    assert all(entry.matches(IPv4Address(reply)) for reply in yes.split())
    assert not any(entry.matches(IPv4Address(reply)) for reply in no.split())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "domain"),
        ("=127.0.0.2", "domain"),
        ("zen", "domain"),
        ("zen spamhaus.org", "domain"),
        ("bl.test=", "filter"),
        ("bl.test=127.0.0", "filter"),
        ("bl.test=127.0.0.2.3", "filter"),
        ("bl.test=127.0.0.2.", "filter"),
        ("bl.test=127.0.0.[2..11", "filter"),
        ("bl.test=127.0.0.[11..2]", "range"),
        ("bl.test=127.0.0.[]", "range"),
        ("bl.test=127.0.0.256", "number"),
        ("bl.test=127.0.0.x", "filter"),
        ("bl.test*", "weight"),
        ("bl.test*x", "weight"),
        ("bl.test*3*4", "weight"),
    ],
)
def test_what_is_no_entry_is_told(text: str, wrong: str) -> None:
    with pytest.raises(EntryError, match=wrong):
        parse(text)


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("192.0.2.99", "99.2.0.192"),
        ("::ffff:192.0.2.99", "99.2.0.192"),
        (
            "2001:db8:1:2:3:4:567:89ab",
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2",
        ),
        ("127.0.0.2", ""),
        ("10.1.2.3", ""),
        ("::1", ""),
        ("fe80::1", ""),
        ("fd00::1", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_the_question_about_an_address(address: str, label: str) -> None:
    """RFC 5782 sections 2.1 and 2.4, with the examples there."""
    assert address_label(address) == label
    assert is_ipv6(label) == (":" in address and bool(label) and "ffff" not in address)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Example.ORG.", "example.org"),
        ("localhost", ""),
        ("[192.0.2.1]", ""),
        ("192.0.2.1", ""),
        ("a b.example", ""),
        ("bücher.example", ""),
        ("", ""),
    ],
)
def test_the_question_about_a_name(name: str, label: str) -> None:
    assert name_label(name) == label


def test_what_is_a_listing() -> None:
    """Nothing outside of 127.0.0.0/8, and no error."""
    listings, others = sort(["127.0.0.2", "127.255.255.254", "127.255.254.1", "192.0.2.1", "x"])
    assert listings == (IPv4Address("127.0.0.2"), IPv4Address("127.255.254.1"))
    assert others == ("127.255.255.254", "192.0.2.1", "x")
