"""redis://host:port/db -- a Store that several hosts share: Redis, or Valkey, by the package redis.

A record is one hash, a sum another; each operation is one script about one key (EVAL), and so whole, on a cluster as
well (`?cluster=yes`: host is one of it, the others are found). Hosts need not agree about the time to the second: what
has expired is told by the caller's clock; Redis itself drops it (PEXPIREAT) limits.REDIS_GRACE_SECONDS later.

In:    redis://[user:password@]host[:6379][/db], rediss:// with TLS, unix:///path[?db=0]; `?prefix=` goes before each
       key ("mdafilter:" if none is given).
Out:   records, in keys that are named PREFIXr:KIND:KEY; sums in PREFIXs:KIND:WINDOW:KEY.
Fails: StoreError for no answer within limits.REDIS_SECONDS, and for one that is an error. After no answer it is not
       asked again for limits.REDIS_PAUSE_SECONDS, so that mail does not wait for it. It reconnects by itself.
       ConfigError where the package redis is missing.
Known bugs: durable is what Redis says it is: "appendfsync always" for each touch, else the last second may be lost.
       A touch whose answer was lost may have been counted. `scan` may tell a record twice (SCAN).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlunsplit

from mdafilter_policyd import limits
from mdafilter_policyd.errors import ConfigError, Fault, StoreError
from mdafilter_policyd.store import Record, slid, wrong

PREFIX = "mdafilter:"
# Numbers stay the text that they came as, wherever they can: tostring() of Lua has 14 digits.
KEEP = """
local function keep(last, grace)
    if last == "inf" then redis.call("PERSIST", KEYS[1])
    else redis.call("PEXPIREAT", KEYS[1], string.format("%.0f", (tonumber(last) + grace) * 1000)) end
end
"""
TOUCH = (
    KEEP
    + """
local now, last, value, grace = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local old = redis.call("HMGET", KEYS[1], "first", "count", "value", "until")
local first, count = now, "1"
if old[1] and tonumber(old[4]) >= tonumber(now) then
    first, count = old[1], string.format("%.0f", tonumber(old[2]) + 1)
    if value == "" then value = old[3] end
    if tonumber(old[4]) > tonumber(last) then last = old[4] end
end
redis.call("HSET", KEYS[1], "first", first, "last", now, "count", count, "value", value, "until", last)
keep(last, grace)
return {first, now, count, value}
"""
)
PUT = (
    KEEP
    + """
redis.call("HSET", KEYS[1], "first", ARGV[1], "last", ARGV[2], "count", ARGV[3], "value", ARGV[4], "until", ARGV[5])
keep(ARGV[5], tonumber(ARGV[6]))
return 1
"""
)
GET = """return redis.call("HMGET", KEYS[1], "first", "last", "count", "value", "until")"""
DELETE = """return redis.call("DEL", KEYS[1])"""
ADD = (
    KEEP
    + """
local number, amount, window, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local old = redis.call("HMGET", KEYS[1], "bucket", "current", "previous")
local bucket, current, previous = number, 0, 0
if old[1] then bucket, current, previous = tonumber(old[1]), tonumber(old[2]), tonumber(old[3]) end
if number > bucket then
    previous = number == bucket + 1 and current or 0
    bucket, current = number, 0
end
local told = {string.format("%.0f", bucket), string.format("%.0f", current + amount), string.format("%.0f", previous)}
redis.call("HSET", KEYS[1], "bucket", told[1], "current", told[2], "previous", told[3])
keep((bucket + 2) * window, grace)
return told
"""
)
SHA = {
    script: hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
    for script in (TOUCH, PUT, GET, DELETE, ADD)
}
ROWS = 500  # for one SCAN


def connect(parts: SplitResult, found: Mapping[str, str]) -> Redis:
    """The store of a URL; nothing is asked yet."""
    cluster = found.get("cluster", "no")
    if cluster not in ("no", "yes"):
        raise wrong(f"cluster={cluster} is neither", "yes or no")
    try:
        import redis.asyncio as package
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise ConfigError(
            [Fault("store", 0, 0, "the package redis is missing", "pip install 'mdafilter-policyd[redis]'")]
        ) from None
    url = urlunsplit(parts._replace(query=f"db={found['db']}" if "db" in found else "", fragment=""))
    options: dict[str, Any] = {
        "socket_timeout": limits.REDIS_SECONDS,
        "socket_connect_timeout": limits.REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }

    def client() -> Any:
        if cluster == "yes":
            return package.RedisCluster.from_url(url, max_connections=limits.REDIS_CONNECTIONS, **options)
        pool = package.BlockingConnectionPool.from_url(
            url, max_connections=limits.REDIS_CONNECTIONS, timeout=limits.REDIS_SECONDS, **options
        )
        return package.Redis.from_pool(pool)

    try:
        client()
    except (ValueError, package.RedisError) as problem:
        raise wrong(f"the URL of redis cannot be used: {problem}", "redis://host:port/db") from None
    return Redis(client, (package.RedisError, OSError), found.get("prefix", PREFIX), parts.hostname or parts.path)


class Redis:
    """`client` makes what is asked, of the package redis; `failures` is what that raises; `name` is for messages."""

    def __init__(
        self, client: Callable[[], Any], failures: tuple[type[Exception], ...], prefix: str, name: str
    ) -> None:
        self._make = client
        self._failures = failures
        self._prefix = prefix
        self._name = name
        self._client: Any = None
        self._pause = 0.0  # until then, by the clock of the loop, it is not asked
        self._why = ""

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        arguments = (repr(now), repr(now + ttl), _blob(value), limits.REDIS_GRACE_SECONDS)
        return _record(await self._eval(TOUCH, self._key("r", kind, key), *arguments))

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        *found, until = await self._eval(GET, self._key("r", kind, key))
        return _record(found) if until is not None and float(until) >= now else None

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        values = (repr(record.first), repr(record.last), record.count, _blob(record.value), repr(until))
        await self._eval(PUT, self._key("r", kind, key), *values, limits.REDIS_GRACE_SECONDS)

    async def delete(self, kind: str, key: str) -> None:
        await self._eval(DELETE, self._key("r", kind, key))

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        arguments = (int(now // window), min(amount, limits.STORE_AMOUNT), repr(window), limits.REDIS_GRACE_SECONDS)
        bucket, current, previous = await self._eval(ADD, self._key("s", kind, repr(window), key), *arguments)
        return slid(int(bucket), int(current), int(previous), now, window)

    async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        start = self._key("r", kind, "")
        pattern = re.sub(rb"([\\*?\[\]])", rb"\\\1", start) + b"*"
        keys = self._now().scan_iter(match=pattern, count=ROWS).__aiter__()
        while (key := await self._ask(lambda: anext(keys, None), whole=None)) is not None:
            text = key[len(start) :].decode("utf-8", "surrogatepass")
            if record := await self.get(kind, text, now):
                yield text, record

    async def expire(self, now: float) -> int:
        return 0  # Redis does that

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    # --- what asks -------------------------------------------------------------------------------------------------

    async def _eval(self, script: str, key: bytes, *arguments: object) -> Any:
        async def work() -> Any:
            from redis.exceptions import NoScriptError

            try:
                return await self._now().execute_command("EVALSHA", SHA[script], 1, key, *arguments)
            except NoScriptError:  # it was started anew
                return await self._now().execute_command("EVAL", script, 1, key, *arguments)

        return await self._ask(work)

    async def _ask(self, work: Callable[[], Awaitable[Any]], whole: float | None = limits.REDIS_SECONDS) -> Any:
        """`whole` is for all of it; None where it is many answers, of which each has limits.REDIS_SECONDS anyway."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._pause:
            raise StoreError(f"{self._name}: {self._why}")
        try:
            async with asyncio.timeout(whole):
                return await work()
        except TimeoutError:
            problem = f"no answer in {limits.REDIS_SECONDS} s"
        except self._failures as failure:
            problem = str(failure) or type(failure).__name__
        self._why = problem
        self._pause = loop.time() + limits.REDIS_PAUSE_SECONDS
        raise StoreError(f"{self._name}: {problem}")

    def _now(self) -> Any:
        if self._client is None:
            self._client = self._make()
        return self._client

    def _key(self, *parts: str) -> bytes:
        return _blob(self._prefix + ":".join(parts))


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _record(row: Any) -> Record:
    first, last, count, value = row
    return Record(float(first), float(last), int(count), value.decode("utf-8", "surrogatepass"))
