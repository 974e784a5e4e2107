"""cidr_table(5) tables for tests: lines good and bad, addresses near them, and what a walk through the lines finds."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from hypothesis import strategies as st

# few bits, so that networks have each other and the addresses in them
_OCTET = st.sampled_from([0, 1, 2, 3, 127, 128, 192, 255])
V4 = st.tuples(st.just(10), _OCTET, _OCTET, _OCTET).map(lambda octets: ".".join(map(str, octets)))
V6 = st.tuples(_OCTET, _OCTET, _OCTET).map(lambda groups: "2001:db8:{:x}:{:x}::{:x}".format(*groups))
MAPPED = V4.map("::ffff:{}".format)
ADDRESSES = V4 | V6 | MAPPED | st.sampled_from(["::", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::1", "9.9.9.9"])


def _network(address: str, length: int) -> str:
    bits = ipaddress.ip_address(address).max_prefixlen
    return str(ipaddress.ip_network(f"{address}/{bits * length // 16}", strict=False))


NETS = st.builds(_network, ADDRESSES, st.integers(0, 16)) | ADDRESSES
_SHOWN = NETS | NETS.map("[{}]".format) | NETS.map(lambda net: f"[{net}]".replace("/", "]/").removesuffix("]"))
PATTERNS = st.tuples(st.sampled_from(["", "", "", "!", "! ", "!!"]), NETS | _SHOWN).map("".join)
_NO_NETS = ("10.1.2.3/8", "10.0.0.0/33", "10.0.0.0/", "010.0.0.0/8", "[10.0.0.0", "[10.0.0.0]x", "!", "300.1.1.1/8")
_NO_NETS6 = ("::1/64", "::/129", "1::2::3/64")
_BAD = st.sampled_from(_NO_NETS + _NO_NETS6).flatmap(lambda net: st.sampled_from([f"{net} {{}}", f"if {net}"]))
BAD = _BAD | st.sampled_from(["if", "10.0.0.0/8", "endif {}", "if 10.0.0.0/8 {}"])
_LINES = st.one_of(
    PATTERNS.map("{} {{}}".format),
    PATTERNS.map("{}\t {{}} ".format),
    PATTERNS.map("{}\n\t{{}}".format),
    PATTERNS.map("if {}".format),
    PATTERNS.map(lambda pattern: f"IF{pattern}" if pattern[0] in "![" else f"If\t{pattern}"),
    st.sampled_from(["endif", "ENDIF", "endif", "# 10.0.0.0/8 no", "", "  "]),
    BAD,
)


def _table(lines: list[str]) -> str:
    """Each line has its number as its result."""
    return "".join(line.replace("{}", f"L{number}") + "\n" for number, line in enumerate(lines))


TABLES = st.lists(_LINES, max_size=30).map(_table)


def walk(table: str, address: str) -> str:
    """The result for an address, by cidr_table(5) line by line; the table has good lines on one line each alone."""
    number = ipaddress.ip_address(address)
    skipping = depth = 0
    for line in table.splitlines():
        words = line.replace("[", "").replace("]", "").split()
        word = words.pop(0).lower()
        if word == "endif":
            skipping = 0 if skipping == depth else skipping
            depth -= 1
        elif word == "if":
            depth += 1
            if not skipping and not _matches(words[0], number):
                skipping = depth
        elif not skipping and _matches(word, number):
            return words[0]
    return ""


def _matches(pattern: str, number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    net = ipaddress.ip_network(pattern.lstrip("!"))
    return net.version == number.version and (number in net) != (pattern.count("!") % 2 == 1)


def _nested(depth: int) -> st.SearchStrategy[list[str]]:
    line = st.tuples(st.sampled_from(["", "!", "!!"]), NETS).map("".join)
    blocks: st.SearchStrategy[list[str]] = line.map(lambda pattern: [f"{pattern} {{}}"])
    if depth:
        inner = st.tuples(line, _nested(depth - 1)).map(lambda two: [f"if {two[0]}", *two[1], "endif"])
        blocks |= inner
    return st.lists(blocks, max_size=5).map(lambda parts: [one for part in parts for one in part])


GOOD_TABLES = _nested(3).map(_table)


def bare(address: str) -> Iterator[str]:
    """The addresses by which one is looked up: an IPv4 address in an IPv6 one is that first."""
    if address.startswith("::ffff:"):
        yield address.removeprefix("::ffff:")
    yield address
