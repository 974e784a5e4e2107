"""What the units of the policy daemon start in their test: a server that says what it may do where it runs.

Each question names a thing to try; the answer is "ok", or what was in the way.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import aiodns

from mdafilter_policyd.listen import drop, given, room
from mdafilter_policyd.reload import Reload
from mdafilter_policyd.request import Request
from mdafilter_policyd.server import Server

FOLDER = Path("/var/lib/mdafilter-policyd")
READ: list[frozenset[str]] = []


async def store() -> None:
    with sqlite3.connect(FOLDER / "state.db") as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE IF NOT EXISTS seen (key TEXT)")
        made.execute("INSERT INTO seen VALUES ('x')")


async def dns() -> None:
    resolver = aiodns.DNSResolver(nameservers=["127.0.0.1"], udp_port=9, timeout=0.2, tries=1)
    try:
        await resolver.query_dns("example.org", "A")
    except aiodns.error.DNSError:
        pass  # nobody is there, and it was asked
    await resolver.close()


async def reloaded() -> None:
    """The table is changed by us: it lies where we may write."""
    before = len(READ)
    (FOLDER / "table").write_text("x" * (before + 1))
    for _look in range(500):
        await asyncio.sleep(0.01)
        if len(READ) > before:
            return
    raise TimeoutError


async def connections() -> None:
    if room(10_000) < 10_000:
        raise OSError("no room for 10,000 connections")


async def user() -> None:
    drop("nobody")


async def elsewhere() -> None:
    Path("/var/tmp/mdafilter-policyd").write_text("x")
    Path("/etc/mdafilter-policyd").write_text("x")


async def packets() -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


async def root() -> None:
    os.setuid(0)


THINGS: tuple[Callable[[], Awaitable[None]], ...] = (
    *(store, dns, reloaded, connections, user),
    *(elsewhere, packets, root),
)


async def answer(request: Request) -> str:
    thing = {each.__name__: each for each in THINGS}[request.get("thing")]
    try:
        await thing()
    except Exception as failed:
        return f"{type(failed).__name__} {failed}"
    return "ok"


async def load(changed: frozenset[str]) -> Iterable[str]:
    READ.append(changed)
    return [str(FOLDER / "table")]


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = Server(given(os.environ), answer)
    reload = Reload(load, [str(FOLDER / "table")])
    loop.add_signal_handler(signal.SIGTERM, server.stop)
    loop.add_signal_handler(signal.SIGHUP, reload.wake)
    watching = loop.create_task(reload.run())
    await server.run()
    watching.cancel()


if __name__ == "__main__":
    asyncio.run(main())
