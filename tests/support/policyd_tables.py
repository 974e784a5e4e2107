"""A plain implementation of tables.py's order, one line after the other; and what its checks need of a house."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address, ip_network

from mdafilter_policyd.checks import House
from mdafilter_policyd.dns import Answer
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record
from mdafilter_policyd.tablefiles import Reports, add_table
from mdafilter_policyd.tables import Entry, Table


def table(text: str | bytes, reports: Reports | None = None, file: str = "access") -> Table:
    """The text as a table; where no reports are given, all of it has to be right."""
    found = Table()
    said = reports or Reports()
    add_table(found, file, text.encode() if isinstance(text, str) else text, said)
    found.ready()
    assert reports is not None or said.faults == []
    return found


def entry(found: Table, row: int) -> Entry | None:
    """What a row is, if there is one."""
    return None if row < 0 else found.entry(row)


Line = tuple[str, str]  # key, result


def naive_client(lines: Sequence[Line], address: str, name: str) -> int | None:
    """Which of the lines counts: of all that hold the client the most specific one."""
    found = []
    for at, (key, result) in enumerate(lines):
        rank = _rank(key, address, name.lower())
        if rank is not None:
            kind, length = rank
            passes = result in ("OK", "DUNNO")
            found.append((kind, -length, at, passes))
    first: dict[str, tuple[int, bool]] = {}
    for kind, _length, at, passes in sorted(found):
        first.setdefault(kind, (at, passes))
    for kind in ("address", "host"):
        if kind in first:
            return first[kind][0]
    network, domain = first.get("network"), first.get("zone")
    if network and domain:
        return domain[0] if domain[1] and not network[1] else network[0]
    one = network or domain
    return one[0] if one else None


def _rank(key: str, address: str, name: str) -> tuple[str, float] | None:
    """What kind of entry it is, and how specific among its kind; None if the client is not in it."""
    key = key.lower()
    if key[0].isdigit() or ":" in key:
        net = ip_network(key if "/" in key or ":" in key else _padded(key))
        ip = ip_address(address)
        if ip.version != net.version or ip not in net:
            return None
        return ("address" if net.prefixlen == net.max_prefixlen else "network", net.prefixlen)
    if key == name:
        return "host", 0
    if name.endswith(key if key[0] == "." else f".{key}"):
        return "zone", key.lstrip(".").count(".") + (0.5 if key[0] == "." else 0)
    return None


def _padded(key: str) -> str:
    dots = key.count(".")
    return f"{key}{'.0' * (3 - dots)}/{8 * (dots + 1)}"


class ExceptionsStore:
    """A store that has exceptions and nothing else, and counts how often it is read."""

    def __init__(self, **granted: str) -> None:
        self.granted = dict(granted)
        self.scans = 0
        self.broken = False

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        raise NotImplementedError

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        raise NotImplementedError

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        raise NotImplementedError

    async def delete(self, kind: str, key: str) -> None:
        raise NotImplementedError

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        raise NotImplementedError

    async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        assert kind == "exception"
        self.scans += 1
        if self.broken:
            raise StoreError("it does not answer")
        for key, value in self.granted.items():
            yield key, Record(now, now, 1, value)

    async def expire(self, now: float) -> int:
        return 0

    async def close(self) -> None:
        return


class NoDns:
    """Nobody asks it."""

    async def lookup(self, name: str, kind: str) -> Answer:
        raise NotImplementedError


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


def house(store: ExceptionsStore | None = None, clock: Clock | None = None, alerts: list[str] | None = None) -> House:
    """What checks need of the outside."""
    said = alerts if alerts is not None else []
    return House(NoDns(), store or ExceptionsStore(), clock or Clock(), said.append)
