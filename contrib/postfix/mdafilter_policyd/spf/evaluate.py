"""check_host (RFC 7208 section 4): asks the DNS what a domain says about an address.

In:    the client's address, a domain, the sender in whose name it is asked, the HELO name, a Resolver
Out:   a Result
Fails: never: what the DNS does not answer is "temperror", what cannot be used is "permerror". A deadline is the
       caller's; it cancels.

Bounds, whatever a record says (section 4.6.4): 10 terms that look up, so at most 10 includes deep; 10 addresses of
names for one "mx" and for all "ptr"; two terms that find nothing. That is less than 130 questions.

A "void lookup" is counted once for a term, as section 4.6.4 has it ("the number of "terms""): an "mx" of three hosts
that have no address of the client's family is one.

Known bugs
    A name that the Resolver cannot ask for is as if it did not exist: "%{l}" of a local part with a "+" or "=".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from mdafilter_policyd.dns import Answer, DnsError, Resolver
from mdafilter_policyd.spf.macros import NAME_OCTETS, MacroError, Macros, explain_string, printable
from mdafilter_policyd.spf.record import LOOK_UP, Directive, Record, RecordError, is_record, parse
from mdafilter_policyd.spf.result import FAIL, NEUTRAL, NONE, PASS, PERMERROR, TEMPERROR, Result

TERMS = 10  # "MUST limit the total number of those terms to 10"
VOIDS = 2  # "SHOULD limit "void lookups" to two"
NAMES = 10  # of an MX record, of the PTR records: "MUST NOT result in querying more than 10 address records"
EXPLANATION = 400  # characters of an explanation that are made

Address: TypeAlias = IPv4Address | IPv6Address


class _PermError(Exception):
    """The record cannot be used."""


class _TempError(Exception):
    """The DNS gives no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for whom. `domain` is where it begins; `sender` is of MAIL FROM, or postmaster@HELO (section 2.4).

    receiver and now   %{r} and %{t} of an explanation: our name, and seconds since the epoch
    validated          whether %{p} is looked up; else it is "unknown", as section 7.3 has it for a DNS error
    """

    address: Address
    domain: str
    sender: str
    helo: str = ""
    receiver: str = ""
    now: float = 0.0
    validated: bool = True
    voids: int = VOIDS


def address_of(text: str) -> Address | None:
    """An IPv4-mapped address "MUST still be considered an IPv4 address" (section 5). None is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def domain_of(text: str) -> str:
    """A domain as it is asked for; "" is none, as an address literal is.

    "Internationalized domain names MUST be encoded as A-labels" (section 4.3).
    """
    if text.startswith("[") or address_of(text):
        return ""
    if not text.isascii() and len(text) <= NAME_OCTETS:
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    name = text.removesuffix(".")
    return name if is_name(name) else ""


def is_name(name: str) -> bool:
    """Whether a query can be made of it. A backslash is an escape where names are text, so it is none of a name."""
    labels = name.split(".")
    if len(name) > NAME_OCTETS or not all(0 < len(label) <= 63 for label in labels):
        return False
    return name.isascii() and name.isprintable() and "\\" not in name


async def check_host(question: Question, resolver: Resolver) -> Result:
    """The result for a domain, and an explanation where it is "fail"."""
    return await _Evaluation(question, resolver).run()


@dataclass
class _Evaluation:
    """One check_host() with all that it includes: they share the limits."""

    question: Question
    resolver: Resolver
    terms: int = 0
    voids: int = 0
    names: list[str] | None = None  # the validated names of the client, once they were needed
    nameless: bool = False  # it has no PTR record
    values: dict[str, str] = field(default_factory=dict)

    async def run(self) -> Result:
        question = self.question
        self.values = values_of(question)
        domain = domain_of(question.domain)
        try:
            code, mechanism, exp = await self.check(domain)
        except _PermError as error:
            return Result(PERMERROR, domain, problem=str(error))
        except _TempError as error:
            return Result(TEMPERROR, domain, problem=str(error))
        explanation = ""
        if code == FAIL and exp:
            explanation = await self.explain(*exp)
        return Result(code, domain, printable(mechanism), explanation)

    async def check(self, domain: str) -> tuple[str, str, tuple[Macros, str] | None]:
        """A code, the mechanism, and of the record that decided: exp and its domain. A redirect is one more turn."""
        redirected = False
        while True:
            record = await self.record(domain) if "." in domain and is_name(domain) else None  # section 4.3
            if not record:
                if redirected:  # "If no SPF record is found, or if the <target-name> is malformed" (section 6.1)
                    raise _PermError(f"redirect={printable(domain[:80])}: no SPF record")
                return NONE, "", None
            for directive in record.directives:
                if await self.matches(directive, domain):
                    exp = (record.exp, domain) if record.exp else None
                    return directive.result, directive.text, exp
            if not record.redirect:
                return NEUTRAL, "default", None  # section 4.7
            self.count()
            domain = await self.name(record.redirect, domain)
            redirected = True

    async def record(self, domain: str) -> Record | None:
        """The record of a domain (sections 4.4 and 4.5)."""
        answer = await self.ask(domain, "TXT")
        texts = [text for text in answer.records if is_record(text)]
        if len(texts) > 1:
            raise _PermError(f"{printable(domain)} has several SPF records")
        try:
            return parse(texts[0]) if texts else None
        except RecordError as error:
            raise _PermError(f"{printable(domain)}: {error}") from None

    async def matches(self, directive: Directive, domain: str) -> bool:
        """Section 5."""
        if directive.mechanism == "all":
            return True
        if directive.network:
            return self.question.address in directive.network  # a network of the other family has no address of ours
        if directive.mechanism in LOOK_UP:
            self.count()
        target = await self.name(directive.target, domain) if directive.target else domain
        if directive.mechanism == "include":
            return await self.included(target)
        if not is_name(target):
            return False  # no query can be made of it: it is as if it did not exist (section 4.8 leaves it open)
        if directive.mechanism == "ptr":
            return await self.ptr(target)
        if directive.mechanism == "exists":
            # "the lookup ... type is A even when the connection type is IPv6" (section 5.7)
            answer = await self.ask(target, "A")
            self.void(not answer.records)
            return bool(answer.records)
        hosts = [target] if directive.mechanism == "a" else await self.exchangers(target)
        return await self.is_one_of(hosts, directive)

    async def included(self, target: str) -> bool:
        """The table of section 5.2: "none" is "permerror", errors go through, and only "pass" matches."""
        code, _, _ = await self.check(target)
        if code == NONE:
            raise _PermError(f"include:{printable(target[:80])}: no SPF record")
        return code == PASS

    async def exchangers(self, target: str) -> list[str]:
        """The hosts of the MX records. "MUST NOT default to an A ... lookup on the <target-name>" without any."""
        answer = await self.ask(target, "MX")
        self.void(not answer.records)
        if len(answer.records) > NAMES:
            raise _PermError(f"{printable(target)} has more than {NAMES} MX records")  # section 4.6.4
        hosts = [record.partition(" ")[2].removesuffix(".") for record in sorted(answer.records, key=_preference)]
        return [host for host in hosts if is_name(host)]  # none of a null MX (RFC 7505)

    async def is_one_of(self, hosts: list[str], directive: Directive) -> bool:
        """Whether one of the hosts has the client's address, or one of its network."""
        prefix = directive.prefix4 if self.question.address.version == 4 else directive.prefix6
        void = False
        for answer in await _all([self.ask(host, self.kind) for host in hosts]):
            if isinstance(answer, _TempError):
                raise answer
            void = void or not answer.records
            for record in answer.records:
                address = address_of(record)
                if not address or address.version != self.question.address.version:
                    continue  # no answer to what was asked
                if self.question.address in ip_network((address, prefix), strict=False):
                    return True
        self.void(void)  # a term counts once, however many of its questions find nothing
        return False

    async def ptr(self, target: str) -> bool:
        """Section 5.5: whether a validated name is the target, or below it."""
        names = await self.validated()
        self.void(self.nameless)
        return any(_is_below(name, target) for name in names)

    async def validated(self) -> list[str]:
        """The names of the client that lead back to its address.

        "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match. If a DNS error occurs
        while doing an A RR lookup, then that domain name is skipped". "All records other than the first 10 MUST be
        ignored".
        """
        if self.names is None:
            self.names = []
            try:
                answer = await self.ask(self.question.address.reverse_pointer, "PTR")
            except _TempError:
                return self.names
            self.nameless = not answer.records
            names = [name for record in answer.records[:NAMES] if is_name(name := record.removesuffix("."))]
            answers = await _all([self.ask(name, self.kind) for name in names])
            for name, addresses in zip(names, answers, strict=True):
                if isinstance(addresses, Answer) and self.question.address in map(address_of, addresses.records):
                    self.names.append(name)
        return self.names

    async def name(self, macros: Macros, domain: str) -> str:
        """The name that a domain-spec stands for."""
        return macros.name(await self.known(macros, domain))

    async def known(self, macros: Macros, domain: str) -> dict[str, str]:
        """What its letters stand for, while the record of `domain` is evaluated."""
        values = self.values | {"d": domain}
        if "p" in macros.letters:
            names = sorted(await self.validated(), key=str.lower) if self.question.validated else []
            same = [name for name in names if name.lower() == domain.lower()]
            below = [name for name in names if _is_below(name, domain)]
            # "If the <domain> is present ... it SHOULD be used", then a subdomain, then any (section 7.3).
            values["p"] = (same or below or names or ["unknown"])[0]
        return values

    async def explain(self, exp: Macros, domain: str) -> str:
        """What the domain says (section 6.2); whatever is wrong with it: nothing. It counts for no limit."""
        target = await self.name(exp, domain)
        if not is_name(target):
            return ""
        try:
            answer = await self.ask(target, "TXT")
            if len(answer.records) != 1:
                return ""
            text = explain_string(answer.records[0])
        except (_TempError, MacroError):
            return ""
        return text.text(await self.known(text, domain), EXPLANATION)

    @property
    def kind(self) -> str:
        """Which addresses are asked for: "when any mechanism fetches host addresses to compare with <ip>"."""
        return "A" if self.question.address.version == 4 else "AAAA"

    def count(self) -> None:
        self.terms += 1
        if self.terms > TERMS:
            raise _PermError(f"more than {TERMS} terms that look up")

    def void(self, nothing: bool) -> None:
        """A term whose lookup has "an answer count of 0" or a "Name Error" is a "void lookup"."""
        self.voids += nothing
        if self.voids > self.question.voids:
            raise _PermError(f"more than {self.question.voids} lookups that find nothing")

    async def ask(self, name: str, kind: str) -> Answer:
        try:
            return await self.resolver.lookup(name, kind)
        except DnsError as error:
            raise _TempError(printable(str(error))[:EXPLANATION]) from error


def values_of(question: Question) -> dict[str, str]:
    """The letters of section 7.2, but "d" and "p", which change on the way."""
    local, at, domain = question.sender.rpartition("@")
    if not at:
        local, domain = "", question.sender
    local = local or "postmaster"  # section 4.3
    domain = domain if domain.isascii() else domain_of(domain)
    address = question.address
    nibbles = isinstance(address, IPv6Address)
    return {
        "s": f"{local}@{domain}",
        "l": local,
        "o": domain,
        "d": question.domain,
        # "For IPv6 addresses, the "i" macro expands to a dot-format address"
        "i": ".".join(address.exploded.replace(":", "").upper()) if nibbles else str(address),
        "p": "unknown",
        "v": "ip6" if nibbles else "in-addr",
        "h": question.helo,
        "c": str(address),
        "r": question.receiver or "unknown",
        "t": str(int(question.now)),
    }


async def _all(questions: list[Awaitable[Answer]]) -> list[Answer | _TempError]:
    """Side by side, in their order."""
    return list(await asyncio.gather(*map(_or_error, questions)))


async def _or_error(question: Awaitable[Answer]) -> Answer | _TempError:
    try:
        return await question
    except _TempError as error:
        return error


def _preference(record: str) -> int:
    number = record.partition(" ")[0]
    return int(number) if number.isdecimal() and len(number) < 6 else 0


def _is_below(name: str, domain: str) -> bool:
    name, domain = name.lower().rstrip("."), domain.lower().rstrip(".")
    return name == domain or name.endswith("." + domain)
