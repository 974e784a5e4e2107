"""What greylisting knows a client, a sender and a recipient by: the keys of its records. Pure.

    grey        192.0.2.0/24 sender recipient       or spf:example.org sender recipient
    client      192.0.2.7
    domain      example.org
    known       sender recipient                    a local user (the recipient) has written to the sender
    open        recipient
    exception   192.0.2.7 or 192.0.2.0/24           an address or a network

Everything is in lower case. A sender that is another for each message is written as one that is not:

    BATV    prvs=1234abcdef=ann@a.example           ann@a.example       (draft-levine-smtp-batv, section 4)
    SRS     SRS0=HHH=TT=a.example=ann@f.example     ann@a.example       (the Sender Rewriting Scheme; SRS1 likewise)
    +ext    list+bob=b.example@a.example            list@a.example      (postconf(5) recipient_delimiter)
    numbers bounce-4711-x@a.example                 bounce-#-x@a.example
    tokens  0102018f3a7c5d2e-x@a.example            #-x@a.example       (hexadecimal of 8, or mixed of 16 characters)

A VERP address (bounce-4711-bob=b.example@) needs no more: what is left of the recipient in it is the same each time.

With `privacy` the keys of "grey", "client", "domain" and "known" are hashes (SHA-256; with a secret BLAKE2b with a key,
so that nobody without the secret can find an address by trying). "open" and "exception", which people write, are not.

In:    text as the client sent it, of any length.
Out:   keys of printable text, at most limits.GREY_KEY characters.
Fails: never.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from mdafilter_policyd import limits

_BATV = re.compile(r"(?:prvs|msprvs1|btv1)={1,2}[^=]*={1,2}([^=].*)", re.ASCII | re.DOTALL)
_SRS0 = re.compile(r"srs0[-+=][^=]*=[^=]*=([^=]+)=(.+)", re.ASCII | re.DOTALL)
_SRS1 = re.compile(r"srs1[-+=][^=]*=[^=]*=[-+=](.+)", re.ASCII | re.DOTALL)
_TOKEN = re.compile(r"[a-z0-9]+", re.ASCII)


@lru_cache(maxsize=limits.GREY_CLIENTS)
def address(text: str) -> str:
    """A sender or recipient, in lower case, without what its owner or a forwarder has put around it.

    The local part is without regard to case: no site is known that tells `Ann` from `ann`, and senders mix them.
    """
    local, at, domain = text.lower().rpartition("@")
    if not at:
        local, domain = domain, ""
    domain = domain.rstrip(".")
    local, domain = _unwrapped(local, domain)
    base = local.split("+", 1)[0]
    return _visible(f"{base or local}@{domain}" if domain else base or local)


def _unwrapped(local: str, domain: str) -> tuple[str, str]:
    """The address inside of BATV and SRS; a forwarder may have wrapped a wrapped one."""
    for _ in range(3):
        if batv := _BATV.fullmatch(local):
            local = batv[1]
        elif srs1 := _SRS1.fullmatch(local):
            local = f"srs0={srs1[1]}"
        elif srs0 := _SRS0.fullmatch(local):
            domain, local = srs0[1].rstrip("."), srs0[2]
        else:
            break
    return local, domain


@lru_cache(maxsize=limits.GREY_CLIENTS)
def sender(text: str) -> str:
    """An envelope sender for a triplet: what changes from message to message is "#". The null sender is "<>"."""
    if not text:
        return "<>"
    local, at, domain = address(text).rpartition("@")
    if not at:
        local, domain = domain, ""
    return f"{_TOKEN.sub(_token, local)}{at}{domain}"


def _token(found: re.Match[str]) -> str:
    token = found[0]
    digits = sum(map(str.isdigit, token))
    if digits == len(token) or (
        digits and (len(token) >= 16 or (len(token) >= 8 and not token.strip("0123456789abcdef")))
    ):
        return "#"
    return token


def recipient(text: str) -> str:
    """A recipient for a triplet, with its extension: as a retry names it, too."""
    return _visible(text.lower().rstrip("."))


@lru_cache(maxsize=limits.GREY_CLIENTS)
def network(text: str, by_subnet: bool, ipv4: int, ipv6: int) -> str:
    """The network that a client is in, or the client itself. What is no address stays as it is."""
    found = parsed(text)
    if found is None:
        return _visible(text.lower())
    if not by_subnet:
        return str(found)
    return str(ipaddress.ip_network((found, ipv4 if found.version == 4 else ipv6), strict=False))


@lru_cache(maxsize=limits.GREY_CLIENTS)
def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address; one of IPv4 in the form of IPv6 (RFC 4291 section 2.5.5.2) is of IPv4."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        return found.ipv4_mapped or ipaddress.IPv6Address(found.packed)  # without a zone (RFC 4007)
    return found


def openings(text: str) -> tuple[str, ...]:
    """The keys of windows that are open for this recipient: as it is, and without its extension."""
    return tuple(dict.fromkeys((recipient(text), address(text))))


@dataclass(frozen=True)
class Keys:
    """Makes keys, hashed or not."""

    privacy: bool = False
    secret: str = ""

    def triplet(self, client: str, sender: str, recipient: str) -> str:
        """`client` is a network, or "spf:" and a domain."""
        return self._kept(f"{client} {sender} {recipient}")

    def client(self, address: str) -> str:
        return self._kept(network(address, by_subnet=False, ipv4=32, ipv6=128))

    def domain(self, domain: str) -> str:
        return self._kept(_visible(domain.lower().rstrip(".")))

    def known(self, correspondent: str, local: str) -> str:
        """A local user has written to the correspondent, who may now write back."""
        return self._kept(f"{address(correspondent)} {address(local)}")

    def _kept(self, key: str) -> str:
        if not self.privacy and len(key) <= limits.GREY_KEY:
            return key
        octets = key.encode("utf-8", "surrogatepass")
        if not self.secret:
            return hashlib.sha256(octets).hexdigest()
        # A key of BLAKE2b has 64 octets at most (RFC 7693 section 2.1): a secret may be longer.
        return hashlib.blake2b(octets, digest_size=32, key=hashlib.sha256(self.secret.encode()).digest()).hexdigest()


def _visible(text: str) -> str:
    """Blanks part the fields of a key, so there is none within one (RFC 5321 allows "a b"@a.example)."""
    return "_".join(text.split()) if not text.isprintable() or " " in text else text
