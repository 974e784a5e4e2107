"""Lists of the DNS in a private dnsmasq, and a house for the checks that ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mdafilter_policyd.checks import House
from mdafilter_policyd.checks.rbl import address_label
from mdafilter_policyd.checks.rblhealth import POINTS6
from mdafilter_policyd.dns import Resolver, StubResolver
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record

T = TypeVar("T")

CLIENT = "192.0.2.66"
CLIENT6 = "2001:db8::66"


def addresses(domain: str, *listed: str, reply: str = "127.0.0.2") -> list[str]:
    """A good list of clients, with its test points of IPv4 and IPv6."""
    labels = ["2.0.0.127", POINTS6[0], *map(address_label, listed)]
    return [f"host-record={label}.{domain},{reply}" for label in labels]


def names(domain: str, *listed: str, reply: str = "127.0.1.2") -> list[str]:
    """A good list of names."""
    return [f"host-record={label}.{domain},{reply}" for label in ("test", *listed)]


def everything(domain: str, reply: str) -> list[str]:
    """A domain that says the same to all."""
    return [f"address=/{domain}/{reply}"]


@dataclass
class Watch:
    """What a check tells, what it wants to be repeated, and a clock that stands still."""

    now: float = 1_800_000_000.0
    alerts: list[str] = field(default_factory=list)
    repeated: list[tuple[float, Callable[[], Awaitable[Any]]]] = field(default_factory=list)
    written: dict[tuple[str, str], Record] = field(default_factory=dict)
    broken: bool = False  # the store

    def house(self, resolver: Resolver, hostname: str = "mx.example.net") -> House:
        return House(
            resolver=resolver,
            store=_Store(self),  # type: ignore[arg-type]  # they ask it nothing
            now=lambda: self.now,
            alert=self.alerts.append,
            hostname=hostname,
            every=lambda seconds, what: self.repeated.append((seconds, what)),
        )


@dataclass
class _Store:
    """What these checks write down for people to look at."""

    watch: Watch

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        if self.watch.broken:
            raise StoreError("broken")
        assert until > self.watch.now
        self.watch.written[kind, key] = record


def request(**attributes: str) -> Request:
    """A question of Postfix at RCPT TO."""
    usual = {
        "protocol_state": "RCPT",
        "client_address": CLIENT,
        "client_name": "unknown",
        "reverse_client_name": "unknown",
        "helo_name": "mail.example.org",
        "sender": "ann@example.org",
        "recipient": "alice@example.net",
    }
    return Request({**usual, **attributes})


def with_resolver(host: str, work: Callable[[StubResolver], Awaitable[T]], seconds: float = 5.0) -> T:
    """Runs it with a resolver that asks this server alone."""

    async def main() -> T:
        resolver = StubResolver([host], seconds=seconds)
        try:
            return await work(resolver)
        finally:
            await resolver.close()

    return asyncio.run(main())
