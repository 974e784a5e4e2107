"""`mdafilter serve` as a real process, and its clients as an MTA starts them: to be killed, starved and lied to.

The service is root's, for all users, or (`root=False`, and where the tests are not root's) that of one user. A user is a
number without a name, and a home that the client names. Everything lies below one folder; the sockets are there, too.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT_RUNS = os.geteuid() == 0
UID, OTHER = (23101, 23102) if ROOT_RUNS else (os.geteuid(),) * 2
SECONDS = 60  # for whatever has to happen at all
# As mdafilter/cli/serve.py does it, but that the size can be chosen, and that LMTP is for one user who needs no name.
START = """\
import json, os, sys
from mdafilter.serve import door, service
from mdafilter.serve.listen import Place
from mdafilter.serve.pool import Size
said = json.loads(sys.argv[1])
if said["given"]:
    os.dup2(said["given"], 3)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
service.load_all()
place = said["socket"]
options = service.Options(
    socket=Place(path=place), status=Place(path=place + ".status"), size=Size(**said["size"]), user=(65534, 65534),
    lmtp=tuple(Place(path=path) for path in said["lmtp"]), lmtp_mode=0o666, door=door.Options(own=said["uid"]),
    maildir=(said["uid"], said["maildir"]))
service.Service(options, os.environ).run()
"""
QUIET = """rules = []\n[spamd]\nenabled = "off"\n[clamd]\nenabled = "off"\n[journal]\nsyslog = false\n"""


class Resident:
    """A service. `size` are fields of pool.Size that differ from the usual ones; `given`: the socket is systemd's."""

    def __init__(
        self,
        installation: Path,
        folder: Path,
        *,
        root: bool = True,
        given: bool = False,
        lmtp: Iterable[str] = (),
        size: Mapping[str, float] | None = None,
    ) -> None:
        self.bin = installation / "bin"
        self.folder = folder
        self.user = None if root and ROOT_RUNS else UID
        self.socket = str(folder / "s")
        self.lmtp = [str(folder / name) for name in lmtp]
        self.size = dict(size or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "serve.log"
        self.listening: socket.socket | None = None
        if given:
            self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.listening.bind(self.socket)
            self.listening.listen(1024)
            os.chmod(self.socket, 0o666)

    # --- its life ---

    def start(self, *, wait: bool = True, before: Callable[[], None] | None = None) -> None:
        """Starts it, again after it was killed. `before` is called in the new process."""
        given = self.listening.fileno() if self.listening else 0
        said = {"socket": self.socket, "lmtp": self.lmtp, "size": self.size, "given": given}
        said |= {"uid": UID, "maildir": str(self.folder / "home" / "Maildir")}
        begun = len(self.said())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.bin / "python"), "-c", START, json.dumps(said)],
                stdin=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
                env={"PATH": "/usr/bin:/bin"},
                preexec_fn=before,
                pass_fds=(given,) if given else (),
                **_ids(self.user),
            )
        if wait:
            until(lambda: "ready on" in self.said()[begun:] or self.ended, self.said)
            assert self.process.poll() is None, self.said()

    @property
    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to the broker alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """TERM, and the end."""
        if self.listening is not None:
            self.listening.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def children(self) -> list[int]:
        """Workers and doors."""
        return children(self.pid)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def status(self) -> dict[str, Any]:
        """What its status socket says."""
        with socket.socket(socket.AF_UNIX) as asks:
            asks.settimeout(SECONDS)
            asks.connect(self.socket + ".status")
            with asks.makefile("r") as answer:
                told: dict[str, Any] = json.loads(answer.read())
                return told

    def settled(self) -> bool:
        """It is there, and nobody is waiting or busy."""
        try:
            told = self.status()
        except OSError:
            return False
        return not told["waiting"] and not told["busy"]

    # --- its clients ---

    def client(
        self, home: Path, message: bytes | int, *arguments: str, uid: int = UID, **more: str
    ) -> subprocess.Popen[bytes]:
        """mdafilter-deliver with the message on a pipe (or a descriptor), as local(8) starts a mailbox_command."""
        stdin = message if isinstance(message, int) else _piped(message)
        try:
            return subprocess.Popen(
                [str(self.bin / "mdafilter-deliver"), *arguments],
                stdin=stdin,
                stdout=subprocess.PIPE,
                env=self.environment(home, **more),
                cwd="/",
                **_ids(uid),
            )
        finally:
            if not isinstance(message, int):
                os.close(stdin)

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        told = {"SENDER": "sender@example.test", "RECIPIENT": "alice@example.test", "USER": "alice", "LOGNAME": "alice"}
        return {"HOME": str(home), "MDAFILTER_SOCKET": self.socket, **told, **more}

    def deliver(
        self, home: Path, message: bytes | int, *arguments: str, uid: int = UID, **more: str
    ) -> tuple[int, str]:
        """Exit code and what was said."""
        done = self.client(home, message, *arguments, uid=uid, **more)
        said, _ = done.communicate(timeout=SECONDS)
        return done.returncode, said.decode(errors="replace")


def _ids(uid: int | None) -> dict[str, Any]:
    return {"user": uid, "group": uid, "extra_groups": []} if uid is not None and ROOT_RUNS else {}


def _piped(message: bytes) -> int:
    """The reading end of a pipe that has the message."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, max(len(message), 65536))
    os.write(write, message)
    os.close(write)
    return read


def children(pid: int) -> list[int]:
    """Of a process, now."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill(pids: Iterable[int]) -> None:
    """SIGKILL to those that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def until(true: Callable[[], bool], complaint: Callable[[], object] = lambda: "", seconds: float = SECONDS) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, complaint()
        time.sleep(0.01)


def home(folder: Path, uid: int = UID, rules: str = "") -> Path:
    """A home with a configuration that asks no daemon."""
    made = folder / ("home" if uid == UID else f"home.{uid}")
    config = made / ".config/mdafilter"
    config.mkdir(parents=True)
    (config / "mdafilter.toml").write_text(QUIET)
    (made / ".mdafilter.sieve").write_text(rules)
    for path in (made, *made.rglob("*")):
        os.chown(path, uid, uid if ROOT_RUNS else -1)
    return made


# --- messages that can prove that they are whole ----------------------------------------------------------------------


def message(number: int, octets: int = 1500) -> bytes:
    """A message with its number and a digest of its body."""
    body = (f"{number} " * (octets // len(f"{number} ") + 1)).encode()[:octets] + b"\n"
    digest = hashlib.sha256(body).hexdigest()
    head = f"Received: by mx.example.test; {number}\nFrom: sender@example.test\nSubject: number {number}\nX-Digest: {digest}\n\n"
    return head.encode() + body


class Account:
    """What is in a Maildir: how often each message is in each folder; files that are no such message; drafts."""

    def __init__(self, home: Path) -> None:
        maildir = home / "Maildir"
        self.messages: Counter[tuple[str, int]] = Counter()
        self.damaged: list[Path] = []
        for file in (p for part in ("new", "cur") for p in maildir.rglob(f"{part}/*")):
            text = file.read_bytes()
            number = re.search(rb"^Subject: number (\d+)$", text, re.MULTILINE)
            octets = len(text.partition(b"\n\n")[2]) - 1
            if number is None or not text.endswith(message(int(number[1]), octets)):
                self.damaged.append(file)
            else:
                self.messages[file.parent.parent.name, int(number[1])] += 1
        self.left = [
            p for p in maildir.rglob("*") if p.parent.name == "tmp" or p.name.endswith((".mdafilter", ".lock"))
        ]

    def often(self, numbers: Iterable[int], *folders: str) -> Counter[int]:
        """How many messages are so often in a folder."""
        return Counter(self.messages[folder, number] for number in numbers for folder in folders)
