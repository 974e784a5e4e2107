"""The daemon as a process of its own, and one who asks it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.house import ROOT

SECONDS = 30.0
# A question at RCPT.
USUAL = {
    "request": "smtpd_access_policy",
    "protocol_state": "RCPT",
    "client_address": "192.0.2.1",
    "client_name": "mail.example.net",
    "helo_name": "mail.example.net",
    "sender": "alice@example.net",
    "recipient": "bob@example.org",
    "instance": "1.2.3",
}


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "contrib" / "postfix")])}


def command(*arguments: str, code: int = 0) -> str:
    """What a command says, both on standard output and error."""
    done = subprocess.run(
        [sys.executable, "-m", "mdafilter_policyd.cli", *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


class Daemon:
    """One that runs. `said` is what it has written to standard error."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, path: Path) -> None:
        self.process = process
        self._log = log
        self._path = path

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Until it, or a process of it, has said so."""
        until(lambda: self.said.count(text) >= times, lambda: f"it never said {text!r}, but:\n{self.said}")

    def connect(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(SECONDS)
        made.connect(str(self._path))
        return made

    def ask(self, **attributes: str) -> str:
        """The action, by a connection of its own."""
        with self.connect() as connection:
            return ask(connection, **attributes)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        self.signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


def until(holds: Callable[[], bool], why: Callable[[], str] = lambda: "it never came") -> None:
    """Waits for it."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, why()
        time.sleep(0.02)


def ask(connection: socket.socket, **attributes: str) -> str:
    """One question, by this connection."""
    lines = "".join(f"{name}={value}\n" for name, value in (USUAL | attributes).items())
    connection.sendall(lines.encode() + b"\n")
    got = b""
    while not got.endswith(b"\n\n"):
        more = connection.recv(4096)
        assert more, f"it hung up after {got!r}"
        got += more
    return got.decode().removeprefix("action=").strip()


@contextmanager
def daemon(folder: Path, configuration: str, *options: str) -> Iterator[Daemon]:
    """A daemon with this configuration, which it finds in policyd.toml; its socket is `socket`, there."""
    (folder / "policyd.toml").write_text(f'state_dir = "{folder}/state"\n' + configuration)
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mdafilter_policyd.cli", "--verbose"),
                *("--config", str(folder / "policyd.toml"), "--listen", f"unix:{folder}/socket", *options),
            ],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    running = Daemon(process, log, folder / "socket")
    try:
        running.wait_for("ready on")
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
