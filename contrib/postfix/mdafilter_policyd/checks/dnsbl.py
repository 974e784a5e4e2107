"""Lists of the DNS, of clients (DNSBL, DNSWL) and of names (RHSBL): RFC 5782; postconf(5) reject_rbl_client,
reject_rhsbl_sender, reject_rhsbl_helo, reject_rhsbl_reverse_client, postscreen_dnsbl_sites.

All lists are asked side by side, with one deadline. Their weights are summed up; those of lists of the good are
negative. From `reject_at` on the client is refused; from `greylist_at` on the sum is the check's points, on which
greylisting may depend. A sum below nought is points of trust, always. A client that has logged in is not looked up: it
is at home, and homes are listed.

A list is used after a self test, and is off while it cannot be believed (rblhealth.py). The lists of Spamhaus do not
answer resolvers that everybody may use: where such a one is asked, this is told, and they refuse nobody.

Out:   facts "dnsbl" and "dnswl": the lists that have the client, with commas between them. Records of kind "dnsbl" in
       the store, one for each list: `value` is why it is off, "" that it is on, `first` since when; for who shows it.
Fails: a list that does not answer in time does not list; a Pass says so, if nothing else is said. If it is one of the
       good, and could have saved the client, this is deferred, as by permit_dnswl_client (postconf(5)). ConfigError for
       an entry or a text that is none.

Known bugs
    In several processes, that of the pages is one, each tests the lists for itself. The resolver behind 127.0.0.1 may
    forward to one that everybody uses; a list says so by a reply in 127.255.255.0/24, and is off then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mdafilter_policyd import limits
from mdafilter_policyd.checks import House, Scene, rbl, rbltext
from mdafilter_policyd.checks.rblhealth import Health, Kind, meaning
from mdafilter_policyd.dns import DnsError, StubResolver, public
from mdafilter_policyd.errors import ConfigError, Fault, StoreError
from mdafilter_policyd.opinion import Defer, Opinion, Pass, Points, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record

TICK = 30.0  # seconds between two looks which lists are due for a test
_REASON_SECONDS = 0.5  # for a reason, although another list has used up the time of all


@dataclass(frozen=True)
class Options:
    """Its table in the configuration. An entry is domain=filter*weight (rbl.py)."""

    mode: Literal["off", "warn", "on"] = "off"
    lists: tuple[str, ...] = ("zen.spamhaus.org=127.0.0.[2..11]",)
    sender_lists: tuple[str, ...] = ()
    helo_lists: tuple[str, ...] = ()
    name_lists: tuple[str, ...] = ()
    # A sum of weights; 0 is never.
    reject_at: float = 1.0
    greylist_at: float = 0.0
    # Seconds that all lists together have.
    timeout: float = 3.0
    # The text of a refusal (rbltext.py), with $rbl_code, and $url where there is one: this with "?ip=" and the address.
    reply: str = (
        "$rbl_code 5.7.1 Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain"
        "${rbl_reason?; $rbl_reason}${url?; see $url}"
    )
    code: int = 554
    url: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a list is asked: `label`.domain, about `what`, a `cls` of things as default_rbl_reply names it."""

    entries: tuple[rbl.Entry, ...]
    kind: Kind
    label: str
    what: str
    cls: str


@dataclass(frozen=True, slots=True)
class Listing:
    """An entry that has it. `gentle`: it refuses nobody, whatever the sum is."""

    entry: rbl.Entry
    question: Question
    gentle: bool = False


def make(options: Options, house: House) -> Dnsbl:
    """Reads the entries and the text. ConfigError."""
    faults: list[Fault] = []
    read = {
        name: _entries(name, getattr(options, name), faults)
        for name in ("lists", "sender_lists", "helo_lists", "name_lists")
    }
    template = rbltext.Template(())
    try:
        template = rbltext.parse(options.reply)
    except rbltext.TemplateError as error:
        hint = "known: " + " ".join(f"${name}" for name in rbltext.NAMES)
        faults.append(Fault("reply", 0, 0, f"{error}, at character {error.column}", hint))
    if not 500 <= options.code < 600:
        faults.append(Fault("code", 0, 0, "a refusal has a code from 500 to 599"))
    if not 0 < options.timeout <= limits.CHECK_SECONDS:
        faults.append(Fault("timeout", 0, 0, f"more than 0 and up to {limits.CHECK_SECONDS:g} seconds"))
    if sum(map(len, read.values())) > limits.RBL_LISTS:
        faults.append(Fault("lists", 0, 0, f"there can be {limits.RBL_LISTS} in all"))
    if faults:
        raise ConfigError(faults)
    return Dnsbl(options, house, read, template)


def _entries(name: str, texts: Iterable[str], faults: list[Fault]) -> tuple[rbl.Entry, ...]:
    entries = []
    for text in texts:
        try:
            entries.append(rbl.parse(text))
        except rbl.EntryError as error:
            faults.append(Fault(name, 0, 0, str(error), "as in zen.spamhaus.org=127.0.0.[2..11]*3"))
    return tuple(entries)


def blamed(listings: Sequence[Listing], reject_at: float) -> Listing | None:
    """The listing that the client is refused by, the first of the heaviest; None where it is not refused."""
    firm = [listing for listing in listings if not listing.gentle]
    if reject_at <= 0 or _sum(firm) < reject_at:
        return None
    return max(firm, key=lambda listing: listing.entry.weight)


def judge(listings: Sequence[Listing], options: Options, text: str, doubt: float = 0.0) -> tuple[Opinion, ...]:
    """The opinions; `text` is that of a refusal, `doubt` the sum of what lists of the good may have said."""
    total = _sum(listings)
    why = f"{'trusted' if total < 0 else 'listed'} by {', '.join(_names(listings))}"
    if blamed(listings, options.reject_at):
        if _sum(listing for listing in listings if not listing.gentle) + doubt < options.reject_at:
            return (Defer("4.7.1 A list of trusted clients does not answer now; try again later", why),)
        return (Reject(text, why),)
    if total < 0 or 0 < options.greylist_at <= total:
        return (Points(total, why),)
    return ()


def _sum(listings: Iterable[Listing]) -> float:
    return sum(listing.entry.weight for listing in listings)


class Dnsbl:
    """The check."""

    files: Sequence[str] = ()

    def __init__(
        self, options: Options, house: House, entries: dict[str, tuple[rbl.Entry, ...]], template: rbltext.Template
    ) -> None:
        self._options = options
        self._house = house
        self._entries = entries
        self._template = template
        self._public: tuple[str, ...] = ()
        self._looked = False
        self._written: dict[str, Record] = {}
        kinds: dict[str, Kind] = {"lists": "address"}
        wanted = {(entry.domain, kinds.get(name, "name")) for name, known in entries.items() for entry in known}
        self.health = {(domain, kind): Health(domain, kind, house.now, house.alert) for domain, kind in sorted(wanted)}
        if house.every is not None:
            house.every(TICK, self.test)

    async def test(self) -> None:
        """Tests the lists that are due."""
        self._look_for_public_resolvers()
        now = self._house.now()
        due = [health for health in self.health.values() if health.due <= now]
        await asyncio.gather(*(health.test(self._house.resolver) for health in due))
        try:
            for health in self.health.values():
                await self._write(health, now)
        except StoreError:
            pass  # it is for people to look at; the checks do not need it

    async def _write(self, health: Health, now: float) -> None:
        key = f"{health.kind} {health.domain}"
        before = self._written.get(key)
        if before and before.value == health.why and now - before.last < limits.RBL_TEST_SECONDS:
            return
        first = before.first if before and before.value == health.why else now
        record = Record(first, now, 1, health.why)
        await self._house.store.put("dnsbl", key, record, now + 2 * limits.RBL_TEST_SECONDS)
        self._written[key] = record

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """Asks all lists, and judges."""
        if request.sasl_username:
            return ()
        if not self._looked:
            self._look_for_public_resolvers()
        end = asyncio.get_running_loop().time() + self._options.timeout
        questions = list(self._questions(request))
        listings, doubt, silent = await self._ask(questions, self._options.timeout)
        for fact, names in (
            ("dnsbl", _names([listing for listing in listings if listing.entry.weight > 0])),
            ("dnswl", _names([listing for listing in listings if listing.entry.weight < 0])),
        ):
            if names:
                scene.facts[fact] = ",".join(names)
        guilty = blamed(listings, self._options.reject_at)
        text = ""
        if guilty:
            reason = await self._reason(guilty, end - asyncio.get_running_loop().time())
            text = self._template.fill(self._values(guilty, request, reason))[: limits.TEXT]
        opinions = judge(listings, self._options, text, doubt)
        return opinions or ((Pass(f"cannot tell: no answer from {', '.join(silent)}"),) if silent else ())

    def _questions(self, request: Request) -> Iterable[Question]:
        """What the lists are asked about this request."""
        address = request.client_address
        helo = request.helo
        domain = request.sender.rpartition("@")[2] if "@" in request.sender else ""
        name = request.client_name or request.reverse_client_name
        asked: tuple[tuple[str, Kind, str, str, str], ...] = (
            ("lists", "address", rbl.address_label(address), address, "Client host"),
            ("sender_lists", "name", rbl.name_label(domain), request.sender, "Sender address"),
            ("helo_lists", "name", rbl.name_label(helo), helo, "Helo command"),
            (
                "name_lists",
                "name",
                rbl.name_label(name),
                name,
                "Client host" if request.client_name else "Unverified Client host",
            ),
        )
        for option, kind, label, what, cls in asked:
            for list_domain in dict.fromkeys(entry.domain for entry in self._entries[option]) if label else ():
                entries = tuple(entry for entry in self._entries[option] if entry.domain == list_domain)
                yield Question(entries, kind, label, what, cls)

    async def _ask(self, questions: Sequence[Question], seconds: float) -> tuple[list[Listing], float, tuple[str, ...]]:
        """All of them side by side: the listings, the weight of the good that had no answer, and who had none."""
        tasks = [asyncio.ensure_future(self._one(question)) for question in questions]
        listings: list[Listing] = []
        doubt = 0.0
        silent: dict[str, None] = {}
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=seconds)
            for task, question in zip(tasks, questions, strict=True):
                health, heard = self._health(question), True
                try:
                    if not task.done():
                        raise DnsError(f"no answer within {seconds:g} s")
                    listings += task.result()
                except DnsError as error:
                    health.failed(str(error))
                    doubt += sum(min(entry.weight, 0.0) for entry in question.entries)
                    heard = False
                if not heard or not health.usable:
                    silent[health.domain] = None
        finally:
            for task in tasks:
                task.cancel()  # a late answer is for the next time: the resolver still waits for it
        return listings, doubt, tuple(silent)

    async def _one(self, question: Question) -> list[Listing]:
        """One of them. DnsError."""
        health = self._health(question)
        if not await health.ready(self._house.resolver):
            return []
        if question.kind == "address" and rbl.is_ipv6(question.label) and not health.ipv6:
            return []
        answer = await self._house.resolver.lookup(f"{question.label}.{health.domain}", "A")
        health.answered()
        replies, others = rbl.sort(answer.records)
        if others:
            health.refused(meaning(others[0]))
            return []
        gentle = bool(self._public) and _is_spamhaus(health.domain)
        return [Listing(e, question, gentle) for e in question.entries if any(map(e.matches, replies))]

    async def _reason(self, listing: Listing, seconds: float) -> str:
        """The list's own words (RFC 5782 section 2.1), by which nobody is refused: without them the text is shorter."""
        try:
            async with asyncio.timeout(max(_REASON_SECONDS, seconds)):
                answer = await self._house.resolver.lookup(f"{listing.question.label}.{listing.entry.domain}", "TXT")
        except (DnsError, TimeoutError):
            return ""
        return _printable(answer.records[0]) if answer.records else ""

    def _values(self, listing: Listing, request: Request, reason: str) -> dict[str, str]:
        address, name = request.client_address, request.client_name or "unknown"
        values = {
            "rbl_code": str(self._options.code),
            "rbl_class": listing.question.cls,
            "rbl_what": listing.question.what,
            "rbl_domain": listing.entry.domain,
            "rbl_reason": reason,
            "url": self._options.url and f"{self._options.url}?ip={address}",
            "client": f"{name}[{address}]",
            "client_address": address,
            "client_name": name,
            "helo_name": request.helo,
            "sender": request.sender or "<>",
            "recipient": request.recipient,
        }
        return {name: _printable(value) for name, value in values.items()}

    def _health(self, question: Question) -> Health:
        return self.health[question.entries[0].domain, question.kind]

    def _look_for_public_resolvers(self) -> None:
        """Before anything is refused, and with each look at the tests: resolv.conf may have changed."""
        resolver = self._house.resolver
        found = public(resolver.servers) if isinstance(resolver, StubResolver) else ()
        if found and found != self._public and any(_is_spamhaus(domain) for domain, _ in self.health):
            self._house.alert(
                f"dnsbl: {', '.join(found)} is a resolver for everybody, which Spamhaus does not answer: its lists "
                "refuse nobody until resolv.conf names a resolver of your own"
            )
        self._public, self._looked = found, True


def _is_spamhaus(domain: str) -> bool:
    return domain == "spamhaus.org" or domain.endswith(".spamhaus.org")


def _names(listings: Sequence[Listing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(listing.entry.domain for listing in listings))


def _printable(text: str) -> str:
    """Foreign words as a part of our reply: one line of ASCII."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[: limits.TEXT])
