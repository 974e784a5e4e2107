"""Stores of the policy daemon for tests: a real redis-server, private to a test, and what runs against each store."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from mdafilter_policyd.store import Record

SERVER = shutil.which("redis-server") or shutil.which("valkey-server") or ""


def missing() -> str:
    """Why there can be no Redis here; "" if there can."""
    return "" if SERVER else "redis-server is not installed (Debian: redis-server)"


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
def server(*settings: str) -> Iterator[Server]:
    """A folder with a short name: that of a socket has at most 107 octets (unix(7))."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    os.chmod(folder, 0o700)
    made = Server(folder, *settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


async def rows(scanned: AsyncIterator[tuple[str, Record]]) -> dict[str, Record]:
    """All that a scan tells."""
    return {key: record async for key, record in scanned}
