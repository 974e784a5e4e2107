"""A House for the checks that remember: a store of dicts, a clock that is set by hand, and requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from mdafilter_policyd.checks import Check, House, Scene
from mdafilter_policyd.dns import Answer
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.opinion import Defer, Opinion, Prepend
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record

START = 1_800_000_000.0


class Dicts:
    """A Store. `dead` raises StoreError; `sums` are exact, by the time of each amount."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], tuple[Record, float]] = {}
        self.sums: dict[tuple[str, str, float], list[tuple[float, int]]] = {}
        self.dead = False

    def _alive(self) -> None:
        if self.dead:
            raise StoreError("the store is down")

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        self._alive()
        record, until = self.records.get((kind, key), (None, 0.0))
        return record if record is not None and now <= until else None

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        before = await self.get(kind, key, now)
        until = self.records[kind, key][1] if before else 0.0
        after = replace(before, last=now, count=before.count + 1) if before else Record(now, now, 1, value)
        self.records[kind, key] = after, max(until, now + ttl)
        return after

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        self._alive()
        self.records[kind, key] = record, until

    async def delete(self, kind: str, key: str) -> None:
        self._alive()
        self.records.pop((kind, key), None)

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        self._alive()
        sums = self.sums.setdefault((kind, key, window), [])
        sums.append((now, amount))
        return sum(n for at, n in sums if at > now - window)

    async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        self._alive()
        for (theirs, key), (record, until) in list(self.records.items()):
            if theirs == kind and now <= until:
                yield key, record

    async def expire(self, now: float) -> int:
        gone = [which for which, (_, until) in self.records.items() if until < now]
        for which in gone:
            del self.records[which]
        return len(gone)

    async def close(self) -> None:
        pass

    def keys(self, kind: str) -> list[str]:
        return sorted(key for theirs, key in self.records if theirs == kind)


class NoNames:
    """A Resolver that nobody asks."""

    async def lookup(self, name: str, kind: str) -> Answer:
        raise AssertionError(f"asked for {name}")


@dataclass
class Town:
    """A house, and what happens around it."""

    store: Dicts = field(default_factory=Dicts)
    time: float = START
    alerts: list[str] = field(default_factory=list)

    def house(self) -> House:
        return House(NoNames(), self.store, lambda: self.time, self.alerts.append, "mx.example.net")


def ask(check: Check, request: Request, scene: Scene | None = None) -> tuple[Opinion, ...]:
    """One question."""
    return tuple(asyncio.run(_ask(check, request, scene or Scene())))


async def _ask(check: Check, request: Request, scene: Scene) -> Sequence[Opinion]:
    return await check.check(request, scene)


def word(opinions: Sequence[Opinion]) -> str:
    """Opinions as postgrey would say them: DEFER, PREPEND or DUNNO."""
    for opinion in opinions:
        if isinstance(opinion, Defer):
            return "DEFER"
        if isinstance(opinion, Prepend):
            return "PREPEND"
    return "DUNNO"


def request(
    address: str = "192.0.2.7",
    sender: str = "ann@a.example",
    recipient: str = "bob@b.example",
    name: str = "mail.a.example",
    state: str = "RCPT",
    **others: str,
) -> Request:
    """A question about a message."""
    return Request(
        {
            "request": "smtpd_access_policy",
            "protocol_state": state,
            "client_address": address,
            "client_name": name,
            "reverse_client_name": name,
            "sender": sender,
            "recipient": recipient,
            **others,
        }
    )
