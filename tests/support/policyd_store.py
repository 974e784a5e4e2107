"""Stores of the policy daemon for tests: a real redis-server or valkey-server, or a cluster of several, private to a test.

MDAFILTER_REDIS names the program, by its name or path ("valkey-server"); else it is the one that is installed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record, Store
from tests.support.daemons import free_port

NAMES = [name] if (name := os.environ.get("MDAFILTER_REDIS")) else ["redis-server", "valkey-server"]
SERVER = next((found for name in NAMES if (found := shutil.which(name))), "")
CLIENT = SERVER.removesuffix("-server") + "-cli"
SLOTS = 16384  # of a cluster (Redis Cluster Specification, "Key distribution model")


def missing() -> str:
    """Why there can be no Redis here; "" if there can."""
    return "" if SERVER else f"{' or '.join(NAMES)} is not installed (Debian: redis-server)"


class Server:
    """redis-server on a socket in a folder; `settings` are more of redis.conf(5)'s, as arguments."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        argv = [SERVER, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        argv += ["--appendonly", "yes", "--appendfsync", "always", *self._settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"redis-server does not answer:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(1)
            try:
                asking.connect(str(self.socket))
                asking.sendall(b"PING\r\n")
                return asking.recv(100).startswith(b"+PONG")
            except OSError:
                return False

    def ask(self, *words: object) -> str:
        """What redis-cli prints for a command; an error is one that was not meant."""
        argv = [CLIENT, "-e", "-s", str(self.socket), *map(str, words)]
        return subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE, timeout=60).stdout.strip()

    def send(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self.send(signal.SIGCONT)
            self.send(number)
            self._process.wait(20)
            self._process = None
            self.socket.unlink(missing_ok=True)


@contextmanager
def patience() -> Iterator[None]:
    """How long Redis may take for an answer is not what is tested, and the machine may have other things to do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "REDIS_SECONDS", 30.0)
        yield


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """A folder with a short name: that of a socket has at most 107 octets (unix(7))."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    os.chmod(folder, 0o700)
    made = Server(folder, *settings)
    try:
        made.start()
        with patience():
            yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


class Node(Server):
    """One of a cluster; it knows of another after `join`. One that does not answer for a second has failed."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.port, self.bus = free_port(), free_port()
        self.name = f"127.0.0.1:{self.port}"
        more = ["--port", str(self.port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"]
        more += ["--cluster-port", str(self.bus), "--cluster-node-timeout", "1000"]
        more += ["--repl-diskless-sync-delay", "0", *settings]
        super().__init__(folder, *more)

    def id(self) -> str:
        return self.ask("CLUSTER", "MYID")

    def join(self, other: Node) -> None:
        """Both know each other before it returns."""
        self.ask("CLUSTER", "MEET", "127.0.0.1", other.port, other.bus)
        until(lambda: other.id() in self.ask("CLUSTER", "NODES") and self.id() in other.ask("CLUSTER", "NODES"))


@contextmanager
def cluster(*settings: str, count: int = 3) -> Iterator[list[Node]]:
    """So many nodes, each with as many slots as the others."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    nodes = [Node(folder / str(n), *settings) for n in range(count)]
    try:
        for n, node in enumerate(nodes):
            node.folder.mkdir(mode=0o700)
            node.start()
            node.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * n // count, SLOTS * (n + 1) // count - 1)
            if n:
                node.join(nodes[0])
        until(lambda: whole(nodes))
        with patience():
            yield nodes
    finally:
        for node in nodes:
            node.stop()
        shutil.rmtree(folder)


@contextmanager
def member(nodes: list[Node]) -> Iterator[Node]:
    """One more of them, without slots."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    made = Node(folder)
    try:
        made.start()
        for node in nodes:
            made.join(node)
        until(lambda: whole([made, *nodes]))
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


def whole(nodes: list[Node]) -> bool:
    """Each knows of an owner of each slot."""
    states = [node.ask("CLUSTER", "INFO") for node in nodes]
    return all("cluster_state:ok" in s and f"cluster_slots_ok:{SLOTS}" in s for s in states)


def drop(nodes: list[Node], slot: int) -> None:
    """No node has it any more. What its owner told before it was dropped there gives it back to the others: dropped again."""

    def gone() -> bool:
        having = [node for node in nodes if f"cluster_slots_assigned:{SLOTS}" in node.ask("CLUSTER", "INFO")]
        for node in having:
            node.ask("CLUSTER", "DELSLOTS", slot)
        return not having

    until(gone)


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    """Waits for it."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.05)


async def back(subject: Store, key: str) -> Record:
    """The first answer after an outage: within seconds, by itself. 4e9 is far ahead of the clock of Redis."""
    end = time.monotonic() + 30
    while True:
        try:
            return await subject.touch("grey", key, 4e9, 99)
        except StoreError:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)


async def rows(scanned: AsyncIterator[tuple[str, Record]]) -> dict[str, Record]:
    """All that a scan tells."""
    return {key: record async for key, record in scanned}
