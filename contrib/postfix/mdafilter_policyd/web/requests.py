"""Exceptions: those that were asked for, and those that are granted.

    open -> approved     a record of kind "exception" is in the store: client_access lets the address in a second later
         -> refused      nothing else happens; who asked is told by a person, or not at all

A request is a record of kind "request", its value JSON; it is kept KEEP after it was made. Its id is a part of the
signed form that it came by: a form that is sent twice makes one request.

In:    a Store; what the form says, which is hostile.
Out:   Asked values.
Fails: StoreError. Wrong where a form says what cannot be done; the text is for whoever filled it in.
Bugs:  of two people who decide at the same moment the last one wins.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import time
from dataclasses import dataclass

from mdafilter_policyd.store import Record, Store

KEEP = 90 * 86400.0
DAY = 86400.0
TEXT = 2000  # characters of what somebody writes; a longer one is cut
CONTACT = 200
SHOWN = 1000  # requests, and exceptions, on one page
# A network that is let in by one click is at most so large.
SHORTEST = {4: 16, 6: 32}


class Wrong(Exception):
    """It cannot be done; for people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `state` is "open", "approved" or "refused"; `by` decided it."""

    id: str
    address: str
    contact: str
    text: str
    origin: str
    time: float
    state: str = "open"
    by: str = ""
    decided: float = 0.0


@dataclass(frozen=True, slots=True)
class Granted:
    """An exception in force. `about` says who granted it, and until when."""

    key: str
    since: float
    about: str


class Requests:
    """All of them, in the store."""

    def __init__(self, store: Store, per_address: int, per_day: int) -> None:
        self._store = store
        self._per_address = per_address
        self._per_day = per_day

    async def ask(self, asked: Asked) -> bool:
        """Stores it; False where this form was sent before. Wrong where there were too many today."""
        now = asked.time
        if await self.get(asked.id, now) is not None:
            return False
        if await self._store.add("rate", f"web-request {neighbourhood(asked.origin)}", 1, now, DAY) > self._per_address:
            raise Wrong("You have sent several requests today. They are being looked at; please wait.")
        if await self._store.add("rate", "web-requests", 1, now, DAY) > self._per_day:
            raise Wrong("Too many requests came in today. Please try again tomorrow.")
        await self._put(asked)
        return True

    async def get(self, id_: str, now: float) -> Asked | None:
        """The request with this id."""
        record = await self._store.get("request", id_, now)
        return _asked(id_, record) if record else None

    async def all(self, now: float) -> list[Asked]:
        """Those that are open first, and then the newest first."""
        found = []
        async for id_, record in self._store.scan("request", now):
            if (asked := _asked(id_, record)) is not None:
                found.append(asked)
        return sorted(found, key=lambda asked: (asked.state != "open", -asked.time))[:SHOWN]

    async def approve(self, id_: str, by: str, now: float, seconds: float, network: str = "") -> Asked:
        """Grants it for so long; for a network around the address, where one is said."""
        asked = await self._open(id_, now)
        key = network or asked.address
        if network and ipaddress.ip_address(asked.address) not in ipaddress.ip_network(self.key(network), strict=False):
            raise Wrong(f"{asked.address} is not in {network}")
        # The exception first: if we are killed in between, the request is still there to be approved once more.
        await self.grant(key, by, now, seconds, f"request {id_[:8]}")
        return await self._decided(asked, "approved", by, now)

    async def refuse(self, id_: str, by: str, now: float) -> Asked:
        return await self._decided(await self._open(id_, now), "refused", by, now)

    async def grant(self, text: str, by: str, now: float, seconds: float, reason: str = "") -> str:
        """An exception, in force a second later (Site.in_force); its key."""
        key, until = self.key(text), now + seconds
        value = f"by {_word(by)}, {_day(now)} until {_day(until)}" + (f", {_word(reason)}" if reason else "")
        await self._store.put("exception", key, Record(now, now, 1, value), until)
        return key

    async def withdraw(self, key: str) -> None:
        await self._store.delete("exception", key)

    async def exceptions(self, now: float) -> list[Granted]:
        """Those in force, the newest first."""
        found = []
        async for key, record in self._store.scan("exception", now):
            found.append(Granted(key, record.first, record.value))
        return sorted(found, key=lambda granted: -granted.since)[:SHOWN]

    async def covers(self, client: str, now: float) -> bool:
        """Whether an exception lets this address in."""
        address = ipaddress.ip_address(client)
        if await self._store.get("exception", client, now) is not None:
            return True
        return any(address in network for one in await self.exceptions(now) if (network := _network(one.key)))

    @staticmethod
    def key(text: str) -> str:
        """An address or a network as a key. Wrong."""
        try:
            found = ipaddress.ip_network(text.strip()[:64], strict=False)
        except ValueError:
            raise Wrong(f"{text.strip()[:64]!r} is neither an address nor a network") from None
        if found.prefixlen < SHORTEST[found.version]:
            raise Wrong(f"{found} is too large: /{SHORTEST[found.version]} at most; larger ones belong into a table")
        return str(found.network_address if found.num_addresses == 1 else found)

    async def _open(self, id_: str, now: float) -> Asked:
        asked = await self.get(id_, now)
        if asked is None:
            raise Wrong("There is no such request any more.")
        if asked.state != "open":
            raise Wrong(f"It has been {asked.state} already, by {asked.by}.")
        return asked

    async def _decided(self, asked: Asked, state: str, by: str, now: float) -> Asked:
        done = dataclasses.replace(asked, state=state, by=_word(by), decided=now)
        await self._put(done)
        return done

    async def _put(self, asked: Asked) -> None:
        value = json.dumps(dataclasses.asdict(asked))
        await self._store.put("request", asked.id, Record(asked.time, asked.time, 1, value), asked.time + KEEP)


def neighbourhood(address: str) -> str:
    """Who counts as one: an IPv4 address, or a network of IPv6, in which one host may have all addresses (RFC 4941)."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def _asked(id_: str, record: Record) -> Asked | None:
    """None where the value is none of ours."""
    try:
        members = json.loads(record.value)
        texts = {name: str(members[name]) for name in ("address", "contact", "text", "origin", "state", "by")}
        return Asked(id=id_, time=float(members["time"]), decided=float(members["decided"]), **texts)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _network(key: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(key, strict=False)
    except ValueError:
        return None


def _word(text: str) -> str:
    """It goes into the log of decisions and the mail log."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:80])


def _day(when: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(when))
