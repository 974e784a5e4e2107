"""Whom to ask for a key: the one Redis, or the node of a Redis Cluster that has the slot of the key.

Any node of a cluster tells whose the slots are (CLUSTER SLOTS): one of those in the URL, or that were named since, is
asked at first, and again after a node has failed, for a replica may have taken over. In between a slot may move: the
node that had it says whose it is now (MOVED), or who has this one key while it moves (ASK). The package's RedisCluster
does not do: it says ASKING on one connection and asks on another, and it fails when all connections are taken.

Spec:  the Redis Cluster Specification: "Key distribution model", "Redirection and resharding".
In:    the names of nodes, host:port. Where it is no cluster, one, which may be the path of a socket.
Out:   what a script about one key answers (EVALSHA; EVAL where the node does not know it yet); the keys of a pattern.
Fails: StoreError for no answer within limits.REDIS_SECONDS, and for one that is an error. That node is not asked again
       for limits.REDIS_PAUSE_SECONDS, so that mail does not wait for it; the others are. It reconnects by itself.
Known bugs: a node that has left the cluster is remembered until the end. `keys` may miss one that moves meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from redis.crc import key_slot
from redis.exceptions import AskError, MovedError, NoScriptError, RedisError

from mdafilter_policyd import limits
from mdafilter_policyd.errors import StoreError

ROWS = 500  # for one SCAN


class Node:
    """One server. `client` is of redis.asyncio; it connects when it is asked."""

    def __init__(self, name: str, client: Any) -> None:
        self.name = name
        self.client = client
        self.failed = -math.inf  # when it did last, by the clock of the loop
        self._why = ""

    async def ask(self, work: Callable[..., Awaitable[Any]], *arguments: object, many: bool = False) -> Any:
        """The time is for all of it; with `many` there is one for each answer that it needs, by the client itself."""
        now = asyncio.get_running_loop().time
        if now() < self.failed + limits.REDIS_PAUSE_SECONDS:
            raise StoreError(f"{self.name}: {self._why}")
        try:
            async with asyncio.timeout(None if many else limits.REDIS_SECONDS):
                return await work(*arguments)
        except TimeoutError:
            problem = f"no answer in {limits.REDIS_SECONDS} s"
        except AskError:  # MovedError is one as well
            raise
        except (RedisError, OSError) as failure:
            problem = str(failure) or type(failure).__name__
        self._why, self.failed = problem, now()
        raise StoreError(f"{self.name}: {problem}")


class Nodes:
    """`make` makes the client of a node from its name. Without `cluster` there is one, which has all keys."""

    def __init__(self, make: Callable[[str], Any], names: Iterable[str], cluster: bool) -> None:
        self._make = make
        self._cluster = cluster
        self._nodes = {name: Node(name, make(name)) for name in names}
        self._slots: dict[int, Node] = {}
        self._learnt = -math.inf
        self._learning = asyncio.Lock()

    async def run(self, script: str, key: bytes, *arguments: object) -> Any:
        """What the script answers: it knows the key as KEYS[1]."""
        node = await self._owner(key)
        work = _evaluate
        for _ in range(limits.REDIS_HOPS):
            try:
                return await node.ask(work, node.client, script, key, arguments)
            except MovedError as moved:
                node, work = self._node(moved.host, moved.port, node), _evaluate
                self._slots[moved.slot_id] = node
            except AskError as other:
                node, work = self._node(other.host, other.port, node), _evaluate_asking
        raise StoreError(f"{node.name}: each node names another for one key")

    async def keys(self, pattern: bytes) -> AsyncIterator[bytes]:
        """Those that match (SCAN): of each node, one after the other."""
        if self._cluster:
            await self._learn(0)
        for node in dict.fromkeys(self._slots.values() if self._cluster else self._nodes.values()):
            found = node.client.scan_iter(match=pattern, count=ROWS).__aiter__()
            while (key := await node.ask(anext, found, None, many=True)) is not None:
                yield key

    async def close(self) -> None:
        for node in self._nodes.values():
            await node.client.aclose()

    # --- whose the slots are ---------------------------------------------------------------------------------------

    async def _owner(self, key: bytes) -> Node:
        if not self._cluster:
            return next(iter(self._nodes.values()))
        slot = key_slot(key)
        if not self._knows(slot):
            async with self._learning:  # many at once ask once
                if not self._knows(slot):
                    await self._learn(slot)
        return self._slots[slot]

    def _knows(self, slot: int) -> bool:
        node = self._slots.get(slot)
        return node is not None and node.failed < self._learnt

    async def _learn(self, slot: int) -> None:
        """Of one node after the other, those first that have not failed for the longest time."""
        problem = StoreError("no node is known")
        for node in sorted(self._nodes.values(), key=lambda node: node.failed):
            try:
                rows = await node.ask(node.client.execute_command, "CLUSTER", "SLOTS")
            except StoreError as failure:
                problem = failure
                continue
            told: dict[int, Node] = {}
            for first, last, (host, port, *_), *_ in rows:
                told |= dict.fromkeys(range(first, last + 1), self._node((host or b"").decode(), port, node))
            if slot in told:
                self._slots, self._learnt = told, asyncio.get_running_loop().time()
                return
            problem = StoreError(f"{node.name}: no node has the slot {slot}")
        raise problem

    def _node(self, host: str, port: int, asked: Node) -> Node:
        """Without a host it is that of the node which says so ("CLUSTER SLOTS": NULL, or an empty string). "?" is one
        that has no name though it should (cluster-announce-hostname): as part of a URL it would mean this host."""
        host = host or urlsplit(f"//{asked.name}").hostname or ""
        name = f"[{host}]:{port}" if ":" in host else f"{quote(host)}:{port}"
        if name not in self._nodes:
            self._nodes[name] = Node(name, self._make(name))
        return self._nodes[name]


async def _evaluate(client: Any, script: str, key: bytes, arguments: tuple[object, ...]) -> Any:
    try:
        return await client.execute_command("EVALSHA", _sha(script), 1, key, *arguments)
    except NoScriptError:  # it was started anew
        return await client.execute_command("EVAL", script, 1, key, *arguments)


async def _evaluate_asking(client: Any, script: str, key: bytes, arguments: tuple[object, ...]) -> Any:
    """ "Start the redirected query with the ASKING command": it is about the next command of the same connection."""
    async with client.pipeline(transaction=False) as pipeline:
        pipeline.execute_command("ASKING")
        pipeline.execute_command("EVAL", script, 1, key, *arguments)
        _, told = await pipeline.execute(raise_on_error=False)  # it would say the whole script as well
    if isinstance(told, RedisError):
        raise told
    return told


@cache
def _sha(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
