"""One list of the DNS, as postscreen_dnsbl_sites names it: domain=filter*weight (postconf(5)); what it is asked, and
what an answer means (RFC 5782).

    zen.spamhaus.org                        every reply, weight 1
    zen.spamhaus.org=127.0.0.[2..11]*3      these replies, weight 3
    list.dnswl.org=127.0.[0..255].[1;2]*-2  a list of the good

In a filter an octet is a number, or in brackets some numbers and ranges with ";" between them; the brackets of numbers
alone may be left out. A reply is a listing where it is in 127.0.0.0/8, and not in 127.255.255.0/24, by which lists say
that they do not answer us. Anything else comes from somebody in between, or from a domain that has been sold.

Fails: EntryError for an entry that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from mdafilter_policyd.dns import wire_name

REPLIES = IPv4Network("127.0.0.0/8")  # RFC 5782 section 2.1
ERRORS = IPv4Network("127.255.255.0/24")
# Nobody lists these, but 127.0.0.2 is in every list. RFC 1918, RFC 6890.
PRIVATE = tuple(
    IPv4Network(text)
    for text in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
)
UNIQUE_LOCAL = IPv6Network("fc00::/7")  # RFC 4193

_ENTRY = re.compile(r"([^=*]*)(?:=([^*]*))?(?:\*(.*))?", re.DOTALL)
_WEIGHT = re.compile(r"[+-]?[0-9]{1,4}(?:\.[0-9]{1,4})?", re.ASCII)
_OCTET = re.compile(r"(?:\[([0-9;.]*)\]|([0-9;]+))(?:\.|$)", re.ASCII)
_RANGE = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?", re.ASCII)


class EntryError(ValueError):
    """What is wrong with an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A list. `replies` are the numbers that each octet may have; none is every reply."""

    domain: str
    weight: float = 1.0
    replies: tuple[frozenset[int], ...] = ()

    def matches(self, reply: IPv4Address) -> bool:
        """Whether this reply, one of `listings`, is one that is meant."""
        return all(octet in allowed for octet, allowed in zip(reply.packed, self.replies, strict=False))


def parse(text: str) -> Entry:
    """Reads an entry. EntryError."""
    found = _ENTRY.fullmatch(text.strip())
    assert found is not None  # it takes everything
    domain, replies, weight = found[1].strip(), found[2], found[3]
    if not domain.isascii() or not wire_name(domain) or "." not in domain.strip("."):
        raise EntryError(f'"{domain}" is not the domain of a list')
    if weight is not None and not _WEIGHT.fullmatch(weight):
        raise EntryError(f'"{weight}" is not a weight: write a number after "*", as in *3 or *-2')
    numbers = _filter(replies) if replies is not None else ()
    return Entry(wire_name(domain), 1.0 if weight is None else float(weight), numbers)


def _filter(text: str) -> tuple[frozenset[int], ...]:
    octets: list[frozenset[int]] = []
    at = 0
    while at < len(text) and len(octets) < 5:
        found = _OCTET.match(text, at)
        if found is None:
            break
        octets.append(_numbers(found[1] if found[1] is not None else found[2]))
        at = found.end()
    if at < len(text) or len(octets) != 4 or text.endswith("."):
        raise EntryError(f'"{text}" is not a filter: write four octets, as in 127.0.0.[2..11] or 127.0.0.[2;4]')
    return tuple(octets)


def _numbers(text: str) -> frozenset[int]:
    numbers: set[int] = set()
    for part in text.split(";"):
        found = _RANGE.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last <= 255:
            raise EntryError(f'"{part}" is neither a number up to 255 nor a range, as 2..11 is')
        numbers.update(range(first, last + 1))
    return frozenset(numbers)


# --- questions -----------------------------------------------------------------------------------------------------


def address_label(text: str) -> str:
    """What stands before the domain of a list for this address: its octets, or nibbles, backwards (RFC 5782 section 2).

    "" for what is no address, or one that no list can have.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            outside = address.is_loopback or address.is_link_local or address in UNIQUE_LOCAL
            return "" if outside or address.is_unspecified else _backwards(address)
        address = address.ipv4_mapped
    return "" if any(address in network for network in PRIVATE) else _backwards(address)


def is_ipv6(label: str) -> bool:
    """Whether an address_label is one of IPv6: 32 nibbles."""
    return label.count(".") == 31


def name_label(name: str) -> str:
    """What stands before the domain of a list for this name; "" for what is no name in the DNS of the world."""
    text = name.removesuffix(".").lower()
    if not text.isascii() or "." not in text or text.rpartition(".")[2].isdigit() or text.startswith("["):
        return ""
    return wire_name(text)


def _backwards(address: IPv4Address | IPv6Address) -> str:
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


# --- answers -------------------------------------------------------------------------------------------------------


def sort(records: Iterable[str]) -> tuple[tuple[IPv4Address, ...], tuple[str, ...]]:
    """The replies that are listings, and those that cannot be."""
    listings: list[IPv4Address] = []
    others: list[str] = []
    for record in records:
        try:
            address = IPv4Address(record)
        except ValueError:
            others.append(record)
            continue
        if address in REPLIES and address not in ERRORS:
            listings.append(address)
        else:
            others.append(record)
    return tuple(listings), tuple(others)
