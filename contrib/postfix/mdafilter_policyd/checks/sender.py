"""Addresses that no answer could reach: postconf(5) reject_non_fqdn_sender, reject_unknown_sender_domain,
reject_non_fqdn_recipient; RFC 7505.

    not_fqdn             the sender's address has no domain, or one that is no fully-qualified name
    unknown_domain       the sender's domain has neither an MX nor an address (RFC 5321 section 5.1)
    null_mx              the sender's domain says by "MX 0 ." that it takes no mail (RFC 7505)
    recipient_not_fqdn   the recipient's address has no domain, or one that is no fully-qualified name

Each of them can be off, warn or on by itself. The null sender is the sender of bounces, and has no domain. An address
literal, user@[192.0.2.1], is looked up nowhere. `domains` are our own, which the DNS that we ask may not know. A client
that has logged in is not looked at: of whom it writes to and as whom, Postfix has lists of its own.

Out:   fact "sender": the first of these that was found. "warn" gives no points, and says what "on" would have done.
Fails: a domain that the DNS does not answer for is let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.dns import DnsError, Resolver, known, wire_name
from mdafilter_policyd.opinion import Opinion, Pass, Points, Reject
from mdafilter_policyd.request import Request

Mode = Literal["off", "warn", "on"]
Kind = Literal["not_fqdn", "unknown_domain", "null_mx", "recipient_not_fqdn"]

NULL_MX = "0 ."

# Kind: the code (RFC 3463, RFC 7505 section 4.2), and what the client is told.
TEXTS: dict[Kind, tuple[str, str]] = {
    "not_fqdn": ("504 5.5.2", "Sender address rejected: need fully-qualified address"),
    "unknown_domain": ("550 5.1.8", "Sender address rejected: its domain is not in the DNS, no answer could reach you"),
    "null_mx": ("550 5.7.27", "Sender address rejected: its domain takes no mail, no answer could reach you (null MX)"),
    "recipient_not_fqdn": ("504 5.5.2", "Recipient address rejected: need fully-qualified address"),
}


@dataclass(frozen=True)
class Options:
    """Its table in the configuration."""

    mode: Mode = "off"
    not_fqdn: Mode = "on"
    unknown_domain: Mode = "on"
    null_mx: Mode = "on"
    recipient_not_fqdn: Mode = "on"
    domains: tuple[str, ...] = ()


def make(options: Options, house: House) -> Sender:
    return Sender(options, house)


def is_fqdn(address: str) -> bool:
    """Whether an address has a domain of two labels, or an address literal, which needs none."""
    local, at, domain = address.rpartition("@")
    if domain.startswith("[") and domain.endswith("]"):
        return bool(at and local)
    if not (at and local and "." in domain.removesuffix(".")):
        return False
    try:
        return bool(wire_name(domain))
    except DnsError:  # not one that we can spell, which is no fault of the sender's
        return True


async def look_up(resolver: Resolver, domain: str) -> Kind | None:
    """What the DNS has against a domain. DnsError."""
    exchanges = (await resolver.lookup(domain, "MX")).records
    if exchanges == (NULL_MX,):  # RFC 7505 section 3: it "MUST NOT advertise any other MX RR"
        return "null_mx"
    return None if exchanges or await known(resolver, domain, ("A", "AAAA")) else "unknown_domain"


def judge(found: Sequence[tuple[Kind, str]], options: Options) -> tuple[Opinion, ...]:
    """The opinions about what was found, each with its address."""
    return tuple(_opinions(found, options))


def _opinions(found: Sequence[tuple[Kind, str]], options: Options) -> Iterator[Opinion]:
    for kind, address in found:
        code, what = TEXTS[kind]
        text = f"{code} <{address[:200]}>: {what}"
        match getattr(options, kind):
            case "on":
                yield Reject(text, kind)
            case "warn":
                yield Points(0.0, f"would refuse: {text}")


class Sender:
    """The check."""

    files: Sequence[str] = ()

    def __init__(self, options: Options, house: House) -> None:
        self._options = options
        self._house = house
        self._ours = frozenset(name.lower().removesuffix(".") for name in options.domains)

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """Looks at both addresses, then asks for the sender's domain."""
        if request.sasl_username:
            return ()
        found: list[tuple[Kind, str]] = []
        doubts: list[Opinion] = []
        sender, recipient = request.sender, request.recipient
        domain = sender.rpartition("@")[2].lower().removesuffix(".")
        if sender and not is_fqdn(sender):
            found.append(("not_fqdn", sender))
        elif sender and not domain.startswith("[") and domain not in self._ours and self._asks:
            try:
                kind = await look_up(self._house.resolver, domain)
            except DnsError as error:
                doubts.append(Pass(f"cannot tell: {error}"))
            else:
                found += [(kind, sender)] if kind else []
        # RFC 5321 section 4.5.1: <Postmaster> is an address without a domain, which everybody has to take.
        if recipient and not is_fqdn(recipient) and recipient.lower() != "postmaster":
            found.append(("recipient_not_fqdn", recipient))
        counting = [(kind, address) for kind, address in found if getattr(self._options, kind) != "off"]
        if counting:
            scene.facts["sender"] = counting[0][0]
        return (*judge(counting, self._options), *doubts)

    @property
    def _asks(self) -> bool:
        return (self._options.unknown_domain, self._options.null_mx) != ("off", "off")
