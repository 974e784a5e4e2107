"""redis://host:port/db -- a Store that several hosts share: Redis, Valkey or a cluster, by the package redis.

A record is one hash, a sum another; each operation is one script about one key, and so whole, on a cluster as well
(nodes.py). Hosts need not agree about the time to the second: what has expired is told by the caller's clock; Redis
itself drops it (PEXPIREAT) limits.REDIS_GRACE_SECONDS later.

In:    redis://[user:password@]host[:6379][/db], rediss:// with TLS, unix:///path[?db=0]; `?cluster=yes`: the hosts, one
       or several with commas, are of one cluster, and the others are found: redis://a:6379,b:6379?cluster=yes;
       `?prefix=` goes before each key ("mdafilter:" if none is given).
Out:   records, in keys that are named PREFIXr:KIND:KEY; sums in PREFIXs:KIND:WINDOW:KEY.
Fails: StoreError where Redis does not answer, or with an error (nodes.py); of a cluster, for the keys of the node that
       does not. ConfigError where the package redis is missing.
Known bugs: durable is what Redis says it is: "appendfsync always" for each touch, else the last second may be lost; so
       may what a replica had not yet heard when it takes over. A touch whose answer was lost may have been counted.
       `scan` may tell a record twice (SCAN). Among several hosts, one that is an IPv6 address goes first (urlsplit).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlunsplit

from mdafilter_policyd import limits
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.store import Record, slid, wrong

if TYPE_CHECKING:
    from mdafilter_policyd.store.nodes import Nodes

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


def connect(parts: SplitResult, found: Mapping[str, str]) -> Redis:
    """The store of a URL; nothing is asked yet."""
    user, at, hosts = parts.netloc.rpartition("@")
    names = hosts.split(",") if hosts else [parts.path]
    cluster = found.get("cluster", "no")
    if cluster not in ("no", "yes"):
        raise wrong(f"cluster={cluster} is neither", "yes or no")
    if cluster == "no" and len(names) > 1:
        raise wrong("several hosts that are no cluster", "redis://host:port,host:port?cluster=yes")
    if cluster == "yes" and not (
        all(hosts.split(",")) and parts.path in ("", "/", "/0") and found.get("db", "0") == "0"
    ):  # "Redis Cluster does not support multiple databases"; nor sockets: nodes name each other by address
        raise wrong("a cluster has hosts, and no db but 0", "redis://host:port,host:port?cluster=yes")
    try:
        import redis.asyncio as package
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        from mdafilter_policyd.store.nodes import Nodes
    except ImportError:
        raise ConfigError(
            [Fault("store", 0, 0, "the package redis is missing", "pip install 'mdafilter-policyd[redis]'")]
        ) from None
    query = f"db={found['db']}" if "db" in found else ""

    def client(name: str) -> Any:
        pool = package.BlockingConnectionPool.from_url(
            urlunsplit(parts._replace(netloc=user + at + (hosts and name), query=query, fragment="")),
            max_connections=limits.REDIS_CONNECTIONS,
            timeout=limits.REDIS_SECONDS,
            socket_timeout=limits.REDIS_SECONDS,
            socket_connect_timeout=limits.REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,  # with 3 the package (8.1) uses connections again that the server has closed
        )
        return package.Redis.from_pool(pool)

    try:
        return Redis(Nodes(client, names, cluster == "yes"), found.get("prefix", PREFIX))
    except (ValueError, package.RedisError) as problem:
        raise wrong(f"the URL of redis cannot be used: {problem}", "redis://host:port/db") from None


class Redis:
    """`nodes` are whom it asks; `prefix` goes before each key."""

    def __init__(self, nodes: Nodes, prefix: str) -> None:
        self.nodes = nodes
        self._prefix = prefix

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        arguments = (repr(now), repr(now + ttl), _blob(value), limits.REDIS_GRACE_SECONDS)
        return _record(await self.nodes.run(TOUCH, self._key("r", kind, key), *arguments))

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        *found, until = await self.nodes.run(GET, self._key("r", kind, key))
        return _record(found) if until is not None and float(until) >= now else None

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        values = (repr(record.first), repr(record.last), record.count, _blob(record.value), repr(until))
        await self.nodes.run(PUT, self._key("r", kind, key), *values, limits.REDIS_GRACE_SECONDS)

    async def delete(self, kind: str, key: str) -> None:
        await self.nodes.run(DELETE, self._key("r", kind, key))

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        arguments = (int(now // window), min(amount, limits.STORE_AMOUNT), repr(window), limits.REDIS_GRACE_SECONDS)
        bucket, current, previous = await self.nodes.run(ADD, self._key("s", kind, repr(window), key), *arguments)
        return slid(int(bucket), int(current), int(previous), now, window)

    async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        start = self._key("r", kind, "")
        pattern = re.sub(rb"([\\*?\[\]])", rb"\\\1", start) + b"*"
        async for key in self.nodes.keys(pattern):
            text = key[len(start) :].decode("utf-8", "surrogatepass")
            if record := await self.get(kind, text, now):
                yield text, record

    async def expire(self, now: float) -> int:
        return 0  # Redis does that

    async def close(self) -> None:
        await self.nodes.close()

    def _key(self, *parts: str) -> bytes:
        return _blob(self._prefix + ":".join(parts))


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _record(row: Any) -> Record:
    first, last, count, value = row
    return Record(float(first), float(last), int(count), value.decode("utf-8", "surrogatepass"))
