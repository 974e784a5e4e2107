"""What the daemon remembers between two questions: a Store, by its URL.

    sqlite:///var/lib/mdafilter-policyd/state.db    a file of this host (sqlite.py; ?synchronous=full)
    redis://host:6379/0                             shared by several hosts (redis.py; rediss:// with TLS,
                                                    unix:///path?db=0, ?prefix=)
    redis://host:6379,host:6379?cluster=yes         a cluster of several nodes
    memory:                                         nothing survives; for trying out (memory.py)

All times are seconds since the epoch, by the caller's clock. A record is there up to its last moment, that one
included; when it has expired, it is as if it had never been. A kind is a word: letters, digits, "-". A key is any text.

In:    a URL; nothing is opened before the first question, so that a process may fork in between.
Out:   a Store. What is asked at the same time is answered together where that is cheaper.
Fails: StoreError where the store does not answer: whoever asks goes on without it, and each later question tries anew.
       ConfigError for a URL that is none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from mdafilter_policyd.errors import ConfigError, Fault


@dataclass(frozen=True, slots=True)
class Record:
    """When something was seen first and last, and how often. `value` is free text."""

    first: float
    last: float
    count: int
    value: str = ""


class Store(Protocol):
    """Records by kind and key."""

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        """It was seen: made with a count of 1, or `last` is now and the count one more; the record as it is then.

        It is kept until now + ttl at least. A `value` replaces that of the record, "" leaves it. Atomic, over all hosts
        that share the store; durable before it returns.
        """
        ...

    async def get(self, kind: str, key: str, now: float) -> Record | None: ...

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        """In the place of what was there; math.inf is for ever."""
        ...

    async def delete(self, kind: str, key: str) -> None: ...

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        """Adds to a sum; the sum of the last `window` seconds, this amount included. Two buckets, sliding."""
        ...

    def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        """All of a kind, in any order; what changes meanwhile may be among them or not."""
        ...

    async def expire(self, now: float) -> int:
        """Removes what has expired; how many records. 0 where the store does so by itself."""
        ...

    async def close(self) -> None: ...


def open(url: str) -> Store:
    """The store that the URL names."""
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise wrong(f"this is no URL: {problem}", "sqlite:///path, redis://host:port/db or memory:") from None
    match parts.scheme:
        case "memory":
            from mdafilter_policyd.store.memory import Memory

            options(parts, ())
            return Memory()
        case "sqlite":
            from mdafilter_policyd.store.sqlite import Sqlite

            found = options(parts, ("synchronous",))
            synchronous = found.get("synchronous", "normal")
            if parts.netloc or not parts.path.startswith("/") or len(parts.path) < 2:
                raise wrong(
                    "the file of sqlite has to be an absolute path", "sqlite:///var/lib/mdafilter-policyd/state.db"
                )
            if synchronous not in ("normal", "full"):
                raise wrong(f"synchronous={synchronous} is neither", "normal or full")
            return Sqlite(unquote(parts.path), synchronous)
        case "redis" | "rediss" | "unix":
            from mdafilter_policyd.store.redis import connect

            found = options(parts, ("prefix", "cluster", "db"))
            return connect(parts, found)
    raise wrong(f"there is no store {parts.scheme or parts.path}:", "sqlite:///path, redis://host:port/db or memory:")


def options(parts: SplitResult, known: tuple[str, ...]) -> dict[str, str]:
    """What stands after the "?"."""
    found = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in found:
        if name not in known:
            raise wrong(f"{parts.scheme}: has no option {name}", ", ".join(known) or "it has none at all")
    return found


def wrong(text: str, hint: str) -> ConfigError:
    """A fault of the URL, which is not shown: it may have a password."""
    return ConfigError([Fault("store", 0, 0, text, hint)])


def slid(bucket: int, current: int, previous: int, now: float, window: float) -> int:
    """The sum of the last `window` seconds, of two buckets: `current` began at bucket * window.

    What the bucket before has of the window is taken to be spread evenly over it.
    """
    passed = (now - bucket * window) / window
    return current + int(previous * (1.0 - min(max(passed, 0.0), 1.0)))
