"""Servers that a clamd client meets: one that plays a script of faults, and the real clamd, private to a test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mdafilter.scorers.clamd import Options
from mdafilter.scorers.instream import COMMAND
from tests.support.spamd import Scripted, closed_port

# What every scanner takes for a virus, and nobody is harmed by. In two halves: this file is no virus.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
UNWANTED = b"A program of the kind that these tests do not want.\n"

CLAMD = "/usr/sbin/clamd"
USER = "clamav"
SIGNATURE = "Eicar-Test-Signature.UNOFFICIAL"  # as clamd calls what is not in a database that ClamAV has signed
STREAM_MAX_LENGTH = 1024 * 1024


def options(*hosts: str, **changes: object) -> Options:
    """Settings for a test."""
    return Options(enabled="on", hosts=hosts, timeout=10.0).replace(**changes)


def request(connection: socket.socket) -> bytes:
    """Reads a stream to its end; the octets in its chunks."""
    data = b""
    with connection.makefile("rb") as file:
        if file.read(len(COMMAND)) == COMMAND:
            while size := int.from_bytes(file.read(4), "big"):
                data += file.read(size)
    return data


def answer(*pieces: bytes) -> Callable[[socket.socket, Scripted], None]:
    """A script: reads the stream, then sends the pieces and closes."""

    def play(connection: socket.socket, server: Scripted) -> None:
        server.requests.append(request(connection))
        for piece in pieces:
            connection.sendall(piece)

    return play


def silent(connection: socket.socket, server: Scripted) -> None:
    """A script: reads the stream, and says nothing until the test is over."""
    server.requests.append(request(connection))
    server.stopped.wait(20)


# --- the real one --------------------------------------------------------------------------------------------------


def missing() -> str:
    """Why the real clamd cannot be run here; "" if it can."""
    return "" if os.access(CLAMD, os.X_OK) else f"{CLAMD} is not installed (Debian: clamav-daemon)"


@dataclass(frozen=True)
class Daemon:
    """A clamd that runs: where it listens, as the settings spell it, and its process."""

    tcp: str
    unix: str
    process: subprocess.Popen[bytes]


@contextmanager
def real() -> Iterator[Daemon]:
    """A private clamd with two signatures: of EICAR, and of UNWANTED, which it takes for a program of doubtful use."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the daemon is another user
        port = closed_port().partition(":")[2]
        command = _set_up(folder, port)
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                _until_up(process, folder)
                yield Daemon(f"127.0.0.1:{port}", f"unix:{folder}/state/socket", process)
            finally:
                process.kill()  # it has nothing to write down, and may be stopped
                process.wait()


def _set_up(folder: Path, port: str) -> list[str]:
    database, state = folder / "db", folder / "state"
    database.mkdir()
    state.mkdir()
    (database / "test.ndb").write_text(
        f"Eicar-Test-Signature:0:0:{EICAR.hex()}\nPUA.Test.Unwanted-1:0:*:{UNWANTED.hex()}\n"
    )
    lines = [
        "Foreground yes",
        f"TCPSocket {port}",
        "TCPAddr 127.0.0.1",
        f"LocalSocket {state}/socket",
        "LocalSocketMode 666",
        f"DatabaseDirectory {database}",
        f"TemporaryDirectory {state}",
        f"StreamMaxLength {STREAM_MAX_LENGTH}",
        "DetectPUA yes",
        "AlertEncrypted yes",
    ]
    if os.geteuid() == 0 and USER in {entry.pw_name for entry in pwd.getpwall()}:
        shutil.chown(state, USER, USER)
        lines.append(f"User {USER}")
    (folder / "clamd.conf").write_text("\n".join(lines) + "\n")
    return [CLAMD, f"--config-file={folder}/clamd.conf"]


def _until_up(process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 60
    while not _answers(f"{folder}/state/socket"):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"clamd does not start: {(folder / 'log').read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(5)
        try:
            asking.connect(path)
            asking.sendall(b"zPING\0")
            return asking.recv(5) == b"PONG\0"
        except OSError:
            return False
