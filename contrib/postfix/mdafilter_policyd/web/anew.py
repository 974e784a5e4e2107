"""What an address would be answered now: the checks that need nothing but the client, asked anew as `ask` asks them.

    client_access, rate     nothing leaves this host, and nothing is counted; but a name is asked of the DNS
    dnsbl                   the lists of clients and of their names

So one who has been delisted sees it, and one of whom the decisions know nothing any more has an answer all the same.
Who looks must not be able to make us ask the DNS as often as he likes:

    what was found is good for FRESH seconds, whoever looks
    an address that was refused here, or the visitor's own: KNOWN looks of one visitor, and of all
    any other one, as somebody may ask for his server from elsewhere: OTHER looks, which are few
    AT_ONCE looks at one time, SECONDS for each

Past these bounds client_access and rate answer, by the address alone, and the page says so. The resolver keeps what it
hears for as long as the DNS says.

Only what is "on" is asked. Tables and configuration are read at the first look, and again when they have changed; what
is broken leaves what was there, as in the daemon, whose log has the reasons.

In:    an address, as blocked.address returns it; who looks; whether the decisions know the address.
Out:   Found.
Fails: never. What could not be found out is in `troubles`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from mdafilter_policyd import config as configuration
from mdafilter_policyd import made, reload, report
from mdafilter_policyd.checks import House
from mdafilter_policyd.config import Config
from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.dns import DnsError, Resolver, StubResolver
from mdafilter_policyd.errors import ConfigError, StoreError
from mdafilter_policyd.log import Log
from mdafilter_policyd.made import Made
from mdafilter_policyd.opinion import Accept, Pass
from mdafilter_policyd.recipients import EVERYBODY
from mdafilter_policyd.request import Request
from mdafilter_policyd.run import Outcome, Run
from mdafilter_policyd.store.looking import Looking

HERE = ("client_access", "rate")  # by these nobody else is asked
ASKED = (*HERE, "dnsbl")
FRESH = 60.0
KEPT = 1000  # findings
AT_ONCE = 4
SECONDS = 8.0
NAME_SECONDS = 3.0
# Looks by which the DNS may be asked: of one visitor, of all, in so many seconds.
KNOWN = (10, 200, 600.0)
OTHER = (3, 30, 3600.0)
TOO_MANY = "there were too many questions for now, and nobody but this server was asked"


@dataclass(frozen=True, slots=True)
class Found:
    """What would be decided.

    refusals  as decisions are, one for each check
    asked     the checks that had an answer
    settled   those of them that would refuse a message of this client for nothing else
    troubles  why others had none
    welcome   an entry of client_access lets it in, whatever others say
    """

    refusals: tuple[Entry, ...] = ()
    asked: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    welcome: bool = False


class Anew:
    """Asks. `house` is as the daemon's, and its store is only looked at."""

    def __init__(self, config: Config, house: House, log: Log) -> None:
        self._config = config
        self._house = dataclasses.replace(house, store=Looking(house.store), alert=lambda _text: None)
        self._counting = house.store
        self._log = log
        self._made: tuple[Made, ...] = ()
        self._files: dict[str, reload.State] | None = None  # None: nothing has been read
        self._broken = False  # so that there is nothing to be asked
        self._reading: asyncio.Task[None] | None = None
        self._found: dict[str, tuple[float, Found]] = {}  # the oldest first
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def look(self, client: str, visitor: str, *, known: bool) -> Found:
        """What this client would be answered; `visitor` is who counts as one (requests.neighbourhood)."""
        now = self._house.now()
        try:
            async with asyncio.timeout(SECONDS):
                await self._read()
                since, found = self._found.get(client, (0.0, Found()))
                if 0 <= now - since < FRESH:
                    return found
                async with self._turn:
                    return await self._looked(client, visitor, known, now)
        except TimeoutError:
            return Found(troubles=("no answer in time",))

    async def _looked(self, client: str, visitor: str, known: bool, now: float) -> Found:
        wanted = [one for one in self._made if one.asked.mode == "on"]
        if not wanted:
            return Found(troubles=("its rules cannot be read",) if self._broken else ())
        if not await self._may(visitor, known, now):
            found = await self._ask(client, [one for one in wanted if one.asked.name in HERE], named=False)
            return dataclasses.replace(found, troubles=(*found.troubles, TOO_MANY))
        found = await self._ask(client, wanted, named=True)
        self._keep(client, now, found)
        return found

    async def close(self) -> None:
        """Ends what is repeated, and what is read."""
        for one in self._made:
            one.repeated.stop()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        if isinstance(self._house.resolver, StubResolver):
            await self._house.resolver.close()

    def _keep(self, client: str, now: float, found: Found) -> None:
        self._found.pop(client, None)
        self._found[client] = now, found
        while len(self._found) > KEPT:
            del self._found[next(iter(self._found))]

    async def _may(self, visitor: str, known: bool, now: float) -> bool:
        """Whether the DNS may be asked. Without a store nobody can count, and others must not bear it."""
        each, every, seconds = KNOWN if known else OTHER
        name = f"web-anew-{'known' if known else 'other'}"
        try:
            if await self._counting.add("rate", f"{name} {visitor}", 1, now, seconds) > each:
                return False
            return await self._counting.add("rate", name, 1, now, seconds) <= every
        except StoreError:
            return False

    # --- what is asked ---

    async def _ask(self, client: str, checks: Sequence[Made], *, named: bool) -> Found:
        """Each for itself: who is refused by two of them hears of both."""
        name, reverse = await names(self._house.resolver, client) if named else ("", "")
        attributes = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP"}
        attributes |= {"client_address": client, "client_name": name, "reverse_client_name": reverse}
        request = Request(attributes)
        outcomes = await asyncio.gather(*(self._outcome(one, request) for one in checks))
        found = self._summed(outcomes, client)
        settled = [one.asked.name for one in checks if named and one.asked.name in found.asked and _is_of_client(one)]
        return dataclasses.replace(found, settled=tuple(settled))

    async def _outcome(self, one: Made, request: Request) -> Outcome:
        rules = made.rules(self._config, [one])
        active = tuple(dataclasses.replace(each, recipients=EVERYBODY) for each in rules.checks)
        rules = dataclasses.replace(rules, checks=active, recipients=EVERYBODY, log=False, header_secret="")
        return await Run(rules, Log(mail=False), None, self._house.now).ask(request)

    def _summed(self, outcomes: Sequence[Outcome], client: str) -> Found:
        now = self._house.now()
        refusals, asked, troubles = [], [], []
        for outcome in outcomes:
            decision = outcome.decision
            for one in outcome.judged:
                if any(isinstance(opinion, Accept) for opinion in one.opinions):
                    return Found(asked=(one.check,), welcome=True)
                doubts = [each.why for each in one.opinions if isinstance(each, Pass) and each.why.startswith("cannot")]
                troubles += [f"{one.check}: {text}" for text in doubts]
                if one.trouble:  # its words are for the log
                    troubles.append(f"{one.check}: it could not be asked")
                elif not doubts:
                    asked.append(one.check)
            if report.kind(decision.action) in ("refuse", "defer"):
                refusals.append(Entry(now, client, action=decision.action, by=decision.by, why=decision.why))
        return Found(tuple(refusals), tuple(asked), (), tuple(troubles))

    # --- by what ---

    async def _read(self) -> None:
        """What has changed; who comes meanwhile waits for the same, and may leave."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._load())
        await asyncio.shield(self._reading)

    async def _load(self) -> None:
        known = {} if self._files is None else self._files
        now = await asyncio.to_thread(reload.states, known)
        if self._files is not None and now == known:
            return
        changed = frozenset(path for path in now if now[path] != known[path])
        old = self._made
        try:
            self._config, self._made = await asyncio.to_thread(self._make, changed if known else None)
            self._broken = False
            self._found.clear()
            files = set(made.files(self._config, self._made))
        except ConfigError as failed:
            for fault in failed.faults:
                self._log.warn(f"web: not read, what was there before stays: {fault}")
            self._broken = not old
            files = {self._config.file, *known, *(f.file for f in failed.faults if f.file.startswith("/"))}
        # What has changed while it was read is not as it was `now`, and so is read again.
        self._files = await asyncio.to_thread(reload.states, files) | {p: now[p] for p in now if p in files}
        kept = {id(one.repeated) for one in self._made}
        for one in old:
            if id(one.repeated) not in kept:
                one.repeated.stop()
        for one in self._made:
            one.repeated.start()  # the tests of lists

    def _make(self, changed: frozenset[str] | None) -> tuple[Config, tuple[Made, ...]]:
        config = self._config if changed is None else configuration.load(self._config.file)
        config = dataclasses.replace(config, checks=tuple(one for one in config.checks if one.name in ASKED))
        return config, made.make(config, self._house, self._log, self._made, changed)


def _is_of_client(one: Made) -> bool:
    """Whether it looks at nothing but the client."""
    match one.asked.name:
        case "client_access":
            return True
        case "dnsbl":
            return not (one.asked.options.sender_lists or one.asked.options.helo_lists)
        case _:
            return False


async def names(resolver: Resolver, client: str) -> tuple[str, str]:
    """client_name and reverse_client_name (SMTPD_POLICY_README): the first only if it leads back to the address."""
    address = ipaddress.ip_address(client)
    kind = "A" if address.version == 4 else "AAAA"
    found = ""
    try:
        async with asyncio.timeout(NAME_SECONDS):
            found = next(iter((await resolver.lookup(address.reverse_pointer, "PTR")).records), "")
            back = (await resolver.lookup(found, kind)).records if found else ()
    except (DnsError, TimeoutError):
        return "", found  # smtpd(8) says "unknown", too
    return (found if address in map(ipaddress.ip_address, back) else ""), found
