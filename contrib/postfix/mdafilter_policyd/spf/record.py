"""The text of an SPF record (RFC 7208 section 12), to terms. No I/O.

In:    "v=spf1 a:mail.example.org/24 -all"
Out:   a Record: the directives in their order, redirect and exp
Fails: RecordError, with the term that the grammar does not have: "permerror" (section 4.6). The whole record is parsed
       before any of it is used: "Syntax errors anywhere in the record MUST be detected"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from mdafilter_policyd.spf.macros import Macros, domain_spec, macro_string, printable
from mdafilter_policyd.spf.result import FAIL, NEUTRAL, PASS, SOFTFAIL

QUALIFIERS = {"+": PASS, "-": FAIL, "~": SOFTFAIL, "?": NEUTRAL, "": PASS}

# What may stand after the name of each mechanism.
#              domain    prefix lengths
MECHANISMS = {
    "all": ("never", False),
    "include": ("must", False),
    "a": ("may", True),
    "mx": ("may", True),
    "ptr": ("may", False),
    "exists": ("must", False),
}
LOOK_UP = frozenset(("include", "a", "mx", "ptr", "exists"))  # they count (section 4.6.4), and so does redirect

# "version = "v=spf1"", "terminated by either an SP character or the end of the record" (section 4.5)
_VERSION = re.compile(r"v=spf1(?= |\Z)", re.IGNORECASE)
# "'=' ... immediately after the name and before any ":" or "/" characters" is what makes a modifier (section 4.6.1).
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([-+?~]?)([A-Za-z][A-Za-z0-9]*)(.*)", re.DOTALL)
# dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ], at the end of a term
_DUAL = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_IP4 = re.compile(r":([0-9.]{7,15})(?:/(0|[1-9][0-9]?))?")
_IP6 = re.compile(r":([0-9A-Fa-f:.]{2,45})(?:/(0|[1-9][0-9]{0,2}))?")


class RecordError(ValueError):
    """Not an SPF record by the grammar."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism, and the result where it matches. No `target` is the domain itself."""

    result: str
    mechanism: str
    text: str
    target: Macros | None = None
    network: IPv4Network | IPv6Network | None = None
    prefix4: int = 32
    prefix6: int = 128


@dataclass(frozen=True, slots=True)
class Record:
    directives: tuple[Directive, ...]
    redirect: Macros | None = None
    exp: Macros | None = None


def is_record(text: str) -> bool:
    """Whether a TXT record is meant to be one of ours."""
    return _VERSION.match(text) is not None


def parse(text: str) -> Record:
    """record = version terms *SP"""
    version = _VERSION.match(text)
    if not version:
        raise RecordError("no v=spf1")
    directives: list[Directive] = []
    modifiers: dict[str, Macros] = {}
    for term in text[version.end() :].split(" "):
        if not term:
            continue  # "1*SP" between terms
        try:
            if match := _MODIFIER.fullmatch(term):
                _modifier(match[1].lower(), match[2], modifiers)
            else:
                directives.append(_directive(term))
        except ValueError as error:
            raise RecordError(f"{printable(term[:60])}: {error}") from None
    return Record(tuple(directives), modifiers.get("redirect"), modifiers.get("exp"))


def _modifier(name: str, value: str, modifiers: dict[str, Macros]) -> None:
    if name not in ("redirect", "exp"):
        # "Unrecognized modifiers MUST be ignored no matter where, or how often, they appear in a record" (section 6),
        # but unknown-modifier = name "=" macro-string.
        macro_string(value)
        return
    if name in modifiers:
        raise RecordError("twice")  # "MUST NOT appear in a record more than once each" (section 6)
    modifiers[name] = domain_spec(value)


def _directive(term: str) -> Directive:
    match = _DIRECTIVE.fullmatch(term)
    if not match:
        raise RecordError("no mechanism")
    result, name, rest = QUALIFIERS[match[1]], match[2].lower(), match[3]
    if name in ("ip4", "ip6"):
        return Directive(result, name, term, network=_network(name, rest))
    if name not in MECHANISMS:
        raise RecordError("no mechanism that there is")
    domain, lengths = MECHANISMS[name]
    prefix4, prefix6 = 32, 128
    if lengths:
        rest, prefix4, prefix6 = _lengths(rest)
    if not rest and domain != "must":
        return Directive(result, name, term, None, None, prefix4, prefix6)
    if domain == "never" or not rest.startswith(":"):
        raise RecordError("a domain is missing" if not rest else "no such argument")
    return Directive(result, name, term, domain_spec(rest[1:]), None, prefix4, prefix6)


def _lengths(rest: str) -> tuple[str, int, int]:
    """dual-cidr-length: the range is 0-32 and 0-128. A slash that is none of it stays, as a part of the domain."""
    # The end alone is looked at: nothing is longer than this.
    match = _DUAL.search(rest, max(0, len(rest) - len("/32//128")))
    if not match:
        return rest, 32, 128  # for the type checker: it matches nothing, at the end
    prefix4 = int(match[1]) if match[1] else 32
    prefix6 = int(match[2]) if match[2] else 128
    if prefix4 > 32 or prefix6 > 128:
        raise RecordError("no such prefix length")
    return rest[: match.start()], prefix4, prefix6


def _network(name: str, rest: str) -> IPv4Network | IPv6Network:
    match = (_IP4 if name == "ip4" else _IP6).fullmatch(rest)
    if not match:
        raise RecordError("no network")
    # ValueError for what is no address, or no prefix length.
    if name == "ip4":
        return IPv4Network((match[1], int(match[2] or 32)), strict=False)
    return IPv6Network((match[1], int(match[2] or 128)), strict=False)
