"""The real postgrey, private to a test, with a clock that is set by hand (faketime)."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mdafilter_policyd.request import Request

PROGRAM = shutil.which("postgrey", path="/usr/sbin:/usr/local/sbin:/usr/bin")
LISTS = Path("/etc/postgrey")


def faketime() -> str:
    """The library; "" is that it is not installed."""
    return next((str(p) for p in sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), "")


def why_not() -> str:
    """Why there can be none; "" is that there can."""
    if PROGRAM is None:
        return "postgrey is not installed"
    return "" if faketime() else "faketime is not installed"


class Postgrey:
    """One that is running."""

    def __init__(self, folder: Path, arguments: Sequence[str], start: float) -> None:
        self._clock = folder / "time"
        self._asked = 0
        self.set(start)
        (folder / "db").mkdir()
        path = folder / "socket"
        me, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
        assert PROGRAM
        self._process = subprocess.Popen(
            [PROGRAM, f"--unix={path}", f"--dbdir={folder}/db", f"--user={me}", f"--group={group}", *arguments],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "TZ": "UTC",
                "LD_PRELOAD": faketime(),
                "FAKETIME_TIMESTAMP_FILE": str(self._clock),
                "FAKETIME_NO_CACHE": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._connect(path)

    def _connect(self, path: Path) -> None:
        for _ in range(300):
            try:
                self._socket.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                assert self._process.poll() is None, "postgrey has ended"
                time.sleep(0.1)
            else:
                return
        raise AssertionError("postgrey does not listen")

    def set(self, now: float) -> None:
        """The time, from now on: it stands still until the next one."""
        new = self._clock.with_suffix(".new")
        new.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n", time.gmtime(now)))
        new.replace(self._clock)

    def ask(self, request: Request) -> str:
        """DUNNO, PREPEND or DEFER."""
        self._asked += 1
        attributes = {**request.attributes, "instance": f"i{self._asked}"}
        self._socket.sendall("".join(f"{k}={v}\n" for k, v in attributes.items()).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n\n"):
            more = self._socket.recv(4096)
            assert more, "postgrey has hung up"
            answer += more
        return answer.decode().removeprefix("action=").split()[0].partition("_")[0]

    def stop(self) -> None:
        self._socket.close()
        # Its own end waits for a clock, which stands still here.
        self._process.kill()
        self._process.wait()


@contextmanager
def running(arguments: Sequence[str], start: float) -> Iterator[Postgrey]:
    """One that ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        made = Postgrey(Path(folder), arguments, start)
        try:
            yield made
        finally:
            made.stop()
