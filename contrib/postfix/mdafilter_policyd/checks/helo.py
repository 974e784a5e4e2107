"""What the client says in HELO or EHLO: postconf(5) reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname,
reject_unknown_helo_hostname; RFC 5321 section 4.1.1.1.

    not_fqdn        no name with a domain ("localhost", "my pc")
    bare_address    an address without brackets, which RFC 5321 section 4.1.3 wants
    ours            our own name or address, which nobody else has
    literal         an address in brackets, but not the client's
    unresolvable    a name with no address and no MX. Real senders have such names: here "warn" is the default

Each of them can be off, warn or on by itself. That the name leads back to the client's address is not asked for: "the
server MUST NOT refuse to accept a message on that basis" (RFC 5321 section 4.1.4). A client that has logged in may say
what it likes, as mail programs do.

In:    `helo_access`, a table of access(5): names that are let through whatever is wrong with them.
           .exchange.corp.microsoft.com    OK
       OK and DUNNO are for this; another result is for helo_access of Postfix, which has it from the same file.
Out:   fact "helo": the first of the above that was found. "warn" gives no points, and says what "on" would have done.
Fails: a name that the DNS does not answer for is let through. ConfigError for a table that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

from mdafilter.errors import RuleErrors
from mdafilter.lang.tables import access
from mdafilter_policyd import limits
from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.dns import DnsError, known
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.opinion import Opinion, Pass, Points, Reject
from mdafilter_policyd.request import Request

Mode = Literal["off", "warn", "on"]
Kind = Literal["not_fqdn", "bare_address", "ours", "literal", "unresolvable"]

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)  # "_" is wrong, and Windows has it
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*\.?", re.ASCII)

# Kind: the code, and what the client is told.
TEXTS: dict[Kind, tuple[str, str]] = {
    "not_fqdn": ("504 5.5.2", "this is no fully-qualified host name; set up the name of your mail server"),
    "bare_address": ("501 5.5.2", "an address stands in brackets; set up the name of your mail server"),
    "ours": ("550 5.7.1", "this is my own name or address; set up the name of your mail server"),
    "literal": ("550 5.7.1", "this is not your address"),
    "unresolvable": ("550 5.7.1", "this host is not in the DNS; set up the name of your mail server"),
}


@dataclass(frozen=True)
class Options:
    """Its table in the configuration."""

    mode: Mode = "off"
    not_fqdn: Mode = "on"
    bare_address: Mode = "on"
    ours: Mode = "on"
    literal: Mode = "on"
    unresolvable: Mode = "warn"
    # Our names and addresses, besides `hostname`. A client with one of these addresses may call itself what we do.
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    # A file.
    helo_access: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """Our names, in lower case, and addresses."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[IPv4Address | IPv6Address] = frozenset()


def make(options: Options, house: House) -> Helo:
    """Reads the table. ConfigError."""
    faults: list[Fault] = []
    addresses = set()
    for text in options.addresses:
        address = _address(text)
        if address is None:
            faults.append(Fault("addresses", 0, 0, f"{text!r} is no address"))
        else:
            addresses.add(address)
    names = {name.lower().removesuffix(".") for name in (house.hostname, *options.names)} - {""}
    exempt = _table(options.helo_access, faults) if options.helo_access else lambda _: False
    if faults:
        raise ConfigError(faults)
    return Helo(options, house, Ours(frozenset(names), frozenset(addresses)), exempt)


def _table(file: str, faults: list[Fault]) -> Callable[[str], bool]:
    """Whether a name is let through, by an access(5) table; all of a file that cannot be read is one fault."""
    try:
        with open(file, "rb") as opened:
            table = access.parse(opened.read(), file)
    except OSError as error:
        faults.append(Fault(file, 0, 0, f"cannot be read: {error.strerror}"))
        return lambda _: False
    except RuleErrors as error:
        faults.extend(Fault(p.file, p.line, p.column, p.text, p.hint) for p in error.problems)
        return lambda _: False
    errors = [problem for problem in table.problems if problem.severity == "error"]
    faults.extend(Fault(p.file, p.line, p.column, p.text, p.hint) for p in errors)

    def exempt(name: str) -> bool:
        entry = table.address(name.strip("[]")) or table.host(name)
        return entry is not None and access.named(entry.result)[0] in ("OK", "DUNNO")

    return exempt


def find(helo: str, client: str, ours: Ours) -> Kind | None:
    """What can be said without the DNS; None is that nothing is wrong so far."""
    us = _address(client)
    at_home = us is not None and (us.is_loopback or us in ours.addresses)
    if helo.startswith("["):
        address = _literal(helo)
        if address is None:
            return "literal"
        if address in ours.addresses and not at_home:
            return "ours"
        return None if us in (address, None) else "literal"
    address = _address(helo)
    if address is not None or _NUMBERS.fullmatch(helo):
        return "ours" if address in ours.addresses and not at_home else "bare_address"
    name = helo.lower().removesuffix(".")
    if name in ours.names and not at_home:
        return "ours"
    labels = name.split(".")
    if len(labels) < 2 or len(name) > limits.DOMAIN or not all(map(_LABEL.fullmatch, labels)):
        return "not_fqdn"
    return None


def judge(kind: Kind | None, options: Options, helo: str) -> tuple[Opinion, ...]:
    """The opinion about what was found."""
    if kind is None:
        return ()
    code, advice = TEXTS[kind]
    text = f"{code} <{helo[:100]}>: Helo command rejected: {advice}"
    match getattr(options, kind):
        case "on":
            return (Reject(text, kind),)
        case "warn":
            return (Points(0.0, f"would refuse: {text}"),)
        case _:
            return ()


class Helo:
    """The check."""

    def __init__(self, options: Options, house: House, ours: Ours, exempt: Callable[[str], bool]) -> None:
        self.files: Sequence[str] = (options.helo_access,) if options.helo_access else ()
        self._options = options
        self._house = house
        self._ours = ours
        self._exempt = exempt

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """Looks at the name, then asks for it."""
        helo = request.helo.strip()
        if not helo or request.sasl_username or self._exempt(helo):
            return ()
        kind = find(helo, request.client_address, self._ours)
        if kind is None and not helo.startswith("[") and self._options.unresolvable != "off":
            try:
                kind = None if await known(self._house.resolver, helo, ("A", "AAAA", "MX")) else "unresolvable"
            except DnsError as error:
                return (Pass(f"cannot tell: {error}"),)
        if kind is not None and getattr(self._options, kind) != "off":
            scene.facts["helo"] = kind
        return judge(kind, self._options, helo)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 in one of IPv6 is itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    """RFC 5321 section 4.1.3: [192.0.2.1], [IPv6:2001:db8::1]. Without the "IPv6:" it is meant, too."""
    if not text.endswith("]"):
        return None
    inside = text[1:-1]
    return _address(inside[5:] if inside[:5].lower() == "ipv6:" else inside)
