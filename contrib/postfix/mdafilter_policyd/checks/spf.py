"""Whether the domain of the sender lets the client send in its name: SPF (RFC 7208).

Two identities are checked, the HELO name and MAIL FROM; a null sender is postmaster@HELO (section 2.4). What is done
about each result is said as in policyd-spf.conf(5), by names of ours:

    HELO_reject, Mail_From_reject       helo_reject, mail_from_reject: No_Check "no-check", False "no", Null "null",
                                        Fail "fail", Softfail "softfail", SPF_Not_Pass "not-pass"
    PermError_reject, TempError_Defer   permerror_reject, temperror_defer
    Reject_Not_Pass_Domains             not_pass_domains
    TestOnly                            mode = "warn"
    skip_addresses, Whitelist           skip_addresses, trusted_forwarders
    Domain_Whitelist                    whitelist_domains: a client that SPF says "pass" for, for one of these
    Domain_Whitelist_PTR                whitelist_ptr: a client whose verified name is one of these, or below
    HELO_Whitelist                      whitelist_helo: a HELO name of these that SPF says "pass" for
    Header_Type SPF, AR, None           header = "received-spf", "authentication-results", "off"
    Authserv_Id, Lookup_Time, Void_Limit, Reason_Message   authserv_id, lookup_seconds, void_lookups, url

What is neither refused nor deferred has points by its result: for greylisting that is selective. Who has logged in is
not checked.

In:    RCPT requests. The DNS is asked once for a message, whatever number of recipients it has.
Out:   Reject (550 5.7.23, or 5.7.24 of an error: RFC 7372), Defer (4.7.24), Points, and the header field as Prepend.
       Facts: spf (the result of MAIL FROM), spf-helo, spf-domain (the domain that "pass" was said for).
Fails: ConfigError. Of the DNS: "temperror", which stops no mail but by temperror_defer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.opinion import Defer, Opinion, Pass, Points, Prepend, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.spf.evaluate import VOIDS, Address, Question, address_of, check_host, domain_of
from mdafilter_policyd.spf.received import authentication_results, received_spf, says
from mdafilter_policyd.spf.result import FAIL, NEUTRAL, PASS, PERMERROR, SOFTFAIL, TEMPERROR, Result

INSTANCES = 10_000  # messages whose results are remembered; the one that came first is forgotten first
SHOWN = 100  # characters of a stranger's name in a text

# What each policy refuses.
REFUSED: dict[str, frozenset[str]] = {
    "no-check": frozenset(),
    "no": frozenset(),
    "null": frozenset((FAIL,)),
    "fail": frozenset((FAIL,)),
    "softfail": frozenset((FAIL, SOFTFAIL)),
    "not-pass": frozenset((FAIL, SOFTFAIL, NEUTRAL, PERMERROR)),
}

_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


@dataclass(frozen=True)
class Options:
    """The table [spf]."""

    mode: Literal["off", "warn", "on"] = "warn"
    # What is refused, of the HELO name and of MAIL FROM.
    helo_reject: Literal["no-check", "no", "null", "fail", "softfail", "not-pass"] = "fail"
    mail_from_reject: Literal["no-check", "no", "fail", "softfail", "not-pass"] = "fail"
    # Whether a record that cannot be used is refused, and a DNS that does not answer deferred.
    permerror_reject: bool = False
    temperror_defer: bool = False
    # Domains that always send from where their record says: all but "pass" and "none" is refused.
    not_pass_domains: tuple[str, ...] = ()
    # Addresses and networks that are not checked: our own, and those that forward mail to us.
    skip_addresses: tuple[str, ...] = ("127.0.0.0/8", "::1")
    trusted_forwarders: tuple[str, ...] = ()
    # Forwarders by name, see the manual page above.
    whitelist_domains: tuple[str, ...] = ()
    whitelist_ptr: tuple[str, ...] = ()
    whitelist_helo: tuple[str, ...] = ()
    # The header field, and whose name stands in it ("" is this host's).
    header: Literal["received-spf", "authentication-results", "off"] = "received-spf"
    authserv_id: str = ""
    # Points by result.
    points_pass: float = 0.0
    points_none: float = 0.0
    points_neutral: float = 1.0
    points_softfail: float = 2.0
    points_fail: float = 3.0
    points_permerror: float = 1.0
    points_temperror: float = 0.0
    # How long the DNS may take for a message: less than `seconds` of this check, though RFC 7208 would wait for 20.
    # How many lookups may find nothing; whether %{p} is looked up.
    lookup_seconds: float = 4.0
    void_lookups: int = VOIDS
    p_macro: bool = True
    # The page for the refused, and whether the text has what the domain says (exp=).
    url: str = ""
    explanation: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about a message. None is not checked; of a null sender, both are of the HELO name."""

    address: str
    helo_name: str
    sender: str
    receiver: str
    helo: Result | None
    mail_from: Result | None
    trusted: str = ""  # why nothing is done about it

    @property
    def counts(self) -> Result | None:
        return self.mail_from or self.helo


def make(options: Options, house: House) -> Spf:
    """The check."""
    faults: list[Fault] = []
    skipped = _networks("skip_addresses", options.skip_addresses, faults)
    trusted = _networks("trusted_forwarders", options.trusted_forwarders, faults)
    for name in ("not_pass_domains", "whitelist_domains", "whitelist_ptr", "whitelist_helo"):
        for entry in getattr(options, name):
            if not domain_of(entry.removeprefix(".")):
                faults.append(Fault("", 0, 0, f"{name}: {entry!r} is no domain"))
    if options.lookup_seconds <= 0:
        faults.append(Fault("", 0, 0, "lookup_seconds must be more than 0"))
    if options.void_lookups < 0:
        faults.append(Fault("", 0, 0, "void_lookups must not be negative"))
    if not (options.url.isascii() and options.url.isprintable() and " " not in options.url):
        faults.append(Fault("", 0, 0, "url is no URL", "https://mx.example.org/blocked"))
    if faults:
        raise ConfigError(faults)
    return Spf(options, house, skipped, trusted)


def judge(options: Options, found: Found) -> tuple[Opinion, ...]:
    """What is done about what was found."""
    field = _field(options, found)
    if found.trusted:
        return (*field, Pass(found.trusted))
    null = not found.sender
    mail_from = "not-pass" if _is_one_of(_domain(found.sender), options.not_pass_domains) else options.mail_from_reject
    for result, identity, policy in (
        (found.helo, "HELO", options.helo_reject),
        (found.mail_from, "MAIL FROM", mail_from),
    ):
        if not result or policy in ("no-check", "no") or (policy == "null" and not null):
            continue
        why = f"{result.code} of {identity} ({says(result, found.address)})"
        if result.code in REFUSED[policy] or (result.code == PERMERROR and options.permerror_reject):
            return (Reject(_text(options, found, result, identity), why),)
        if result.code == TEMPERROR and options.temperror_defer:
            text = f"4.7.24 SPF: the DNS does not answer about {result.domain[:SHOWN]} ({identity}), try again later"
            return (Defer(text, why),)
    result = found.counts
    points = getattr(options, f"points_{result.code}") if result else 0.0
    return (*field, Points(points, f"SPF {result.code}")) if result and points else (*field, Pass())


class Spf:
    """Answers requests."""

    files: Sequence[str] = ()

    def __init__(
        self, options: Options, house: House, skipped: Sequence[Network] = (), trusted: Sequence[Network] = ()
    ) -> None:
        self._options = options
        self._house = house
        self._skipped = skipped
        self._trusted = trusted
        self._known: dict[tuple[str, ...], Found] = {}

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        address = address_of(request.client_address)
        if request.state != "RCPT" or not address or request.sasl_username:
            return ()
        why = self._passes(address, request.client_name)
        if why:
            return (Pass(why),)
        # An instance is one message; the rest is in the key so that nobody's result is ever another one's.
        key = (request.instance, str(address), request.helo, request.sender)
        found = self._known.get(key) if request.instance else None
        if not found:
            found = await self._find(address, request)
            self._known[key] = found
            if len(self._known) > INSTANCES:
                del self._known[next(iter(self._known))]
        scene.facts.update(_facts(found))
        return judge(self._options, found)

    def _passes(self, address: Address, name: str) -> str:
        """Why the client is not checked at all."""
        if any(address in network for network in self._skipped):
            return "one of skip_addresses"
        if any(address in network for network in self._trusted):
            return "one of trusted_forwarders"
        return "one of whitelist_ptr" if _is_one_of(name, self._options.whitelist_ptr) else ""

    async def _find(self, address: Address, request: Request) -> Found:
        """Asks the DNS, with one deadline for all of it."""
        options, null = self._options, not request.sender
        until = asyncio.get_running_loop().time() + options.lookup_seconds
        wants_helo = options.helo_reject != "no-check" or (null and options.mail_from_reject != "no-check")
        helo, mail_from = await asyncio.gather(
            self._ask(address, request.helo, f"postmaster@{request.helo}", request, until if wants_helo else None),
            self._ask(
                address,
                _domain(request.sender),
                request.sender,
                request,
                None if null or options.mail_from_reject == "no-check" else until,
            ),
        )
        found = Found(
            address=str(address),
            helo_name=request.helo,
            sender=request.sender,
            receiver=options.authserv_id or self._house.hostname,
            helo=helo,
            mail_from=helo if null else mail_from,
        )
        if helo and helo.code == PASS and _is_one_of(request.helo, options.whitelist_helo):
            return replace(found, trusted="one of whitelist_helo")
        refused = any(isinstance(opinion, Reject | Defer) for opinion in judge(options, found))
        if refused and await self._is_forwarder(address, request, until):
            return replace(found, trusted="one of whitelist_domains")
        return found

    async def _is_forwarder(self, address: Address, request: Request, until: float) -> bool:
        """Whether a domain that we trust sends from there; asked for what would be refused only."""
        results = await asyncio.gather(
            *(
                self._ask(address, domain, f"postmaster@{domain}", request, until)
                for domain in self._options.whitelist_domains
            )
        )
        return any(result and result.code == PASS for result in results)

    async def _ask(
        self, address: Address, domain: str, sender: str, request: Request, until: float | None
    ) -> Result | None:
        """check_host, until a time of the loop; None is not asked."""
        if until is None:
            return None
        question = Question(
            address,
            domain,
            sender,
            request.helo,
            receiver=self._house.hostname,
            now=self._house.now(),
            validated=self._options.p_macro,
            voids=self._options.void_lookups,
        )
        try:
            async with asyncio.timeout_at(until):
                return await check_host(question, self._house.resolver)
        except TimeoutError:
            # "If such a limit is exceeded, the result of authorization SHOULD be "temperror"" (section 4.6.4)
            return Result(TEMPERROR, domain_of(domain), problem="the DNS took too long")


Network = IPv4Network | IPv6Network


def _facts(found: Found) -> dict[str, str]:
    facts = {"spf": found.counts.code} if found.counts else {}
    if found.helo:
        facts["spf-helo"] = found.helo.code
    if found.counts and found.counts.code == PASS and _HOST.fullmatch(domain := found.counts.domain.lower()):
        facts["spf-domain"] = domain
    return facts


def _field(options: Options, found: Found) -> tuple[Prepend, ...]:
    """The header field: Received-SPF of the result that counts, Authentication-Results of all that there are."""
    result = found.counts
    if not result or options.header == "off":
        return ()
    identity = "mailfrom" if found.sender and found.mail_from else "helo"
    if options.header == "received-spf":
        return (
            Prepend(
                received_spf(
                    identity,
                    result,
                    address=found.address,
                    sender=found.sender,
                    helo=found.helo_name,
                    receiver=found.receiver,
                )
            ),
        )
    results = [("helo", found.helo)] + ([("mailfrom", found.mail_from)] if found.sender else [])
    return (
        Prepend(
            authentication_results(
                [(name, one) for name, one in results if one],
                authserv_id=found.receiver,
                address=found.address,
                sender=found.sender,
                helo=found.helo_name,
            )
        ),
    )


def _text(options: Options, found: Found, result: Result, identity: str) -> str:
    """Who is refused, why, and what can be done."""
    domain = result.domain[:SHOWN]
    who = (found.helo_name if identity == "HELO" else found.sender or f"postmaster@{found.helo_name}")[:SHOWN]
    page = f"; see {options.url}?ip={found.address}" if options.url else ""
    if result.code == PERMERROR:
        return f"550 5.7.24 SPF: the record of {domain} is wrong ({identity} {who}): {result.problem}{page}"
    says_no = "does not let" if result.code == FAIL else "does not say that it lets"
    text = (
        f"550 5.7.23 SPF: {domain} {says_no} {found.address} send in its name ({identity} {who}); send by a server of "
        f"that domain, or ask its postmaster to add this one{page}"
    )
    # "Software SHOULD make it clear that the explanation string text comes from a third party" (section 6.2)
    return f"{text}; {domain} explains: {result.explanation}" if result.explanation and options.explanation else text


def _networks(name: str, entries: Sequence[str], faults: list[Fault]) -> list[Network]:
    networks: list[Network] = []
    for entry in entries:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            faults.append(Fault("", 0, 0, f"{name}: {entry!r} is no address or network", "192.0.2.0/24"))
    return networks


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2] if "@" in sender else ""


def _is_one_of(name: str, domains: Sequence[str]) -> bool:
    """Whether it is one of the domains, or below."""
    name = name.lower().removesuffix(".")
    return bool(name) and any(
        name == domain or name.endswith("." + domain) for domain in (domain.lower().strip(".") for domain in domains)
    )
