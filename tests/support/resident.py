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
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

ROOT_RUNS = os.geteuid() == 0
# Two users without a name, the one who owns the mailboxes by LMTP and must have one, and the LMTP door's.
UID, OTHER, VIRTUAL, DOOR = (23101, 23102, 65534, 23103) if ROOT_RUNS else (os.geteuid(),) * 4
SECONDS = 60  # for whatever has to happen at all
# As mdafilter/cli/serve.py does it, but that the size can be chosen, and that LMTP is for one user who needs no name.
START = """\
import json, os, sys
from mdafilter.serve import beside, service
from mdafilter.serve.door import loop as door
from mdafilter.serve.door.recipients import Virtual
from mdafilter.serve.listen import Place
from mdafilter.serve.pool import Size
said = json.loads(sys.argv[1])
if said["given"]:
    os.dup2(said["given"], 3)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
beside._PAUSE = 0  # a door that is killed is started again at once, however often
service.load_all()
place = said["socket"]
options = service.Options(
    socket=Place(path=place), status=Place(path=place + ".status"), size=Size(**said["size"]), user=(said["door"],) * 2,
    lmtp=tuple(Place(path=path) for path in said["lmtp"]), lmtp_mode=0o666, door=door.Options(virtual=Virtual(said["uid"])),
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
        lmtp: bool = False,
        size: Mapping[str, float] | None = None,
    ) -> None:
        self.bin = installation / "bin"
        self.folder = folder
        self.user = None if root and ROOT_RUNS else UID
        self.socket = str(folder / "s")
        self.lmtp_path = str(folder / "l") if lmtp else ""
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
        said = {
            "socket": self.socket,
            "lmtp": [self.lmtp_path] if self.lmtp_path else [],
            "size": self.size,
            "given": given,
        }
        said |= {"uid": VIRTUAL, "door": DOOR, "maildir": str(self.folder / "homes" / "%n" / "Maildir")}
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

    # --- as an MTA's lmtp(8) ---

    def lmtp(self, message: bytes, *names: str) -> list[str]:
        """The replies for these recipients, as far as they came; a name is that of a home (START)."""
        commands = ["LHLO mta", "MAIL FROM:<sender@example.test>", *(f"RCPT TO:<{n}@example.test>" for n in names)]
        stuffed = b"".join(b"." * line.startswith(b".") + line for line in message.splitlines(keepends=True))
        replies: list[str] = []
        try:
            with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as lines:
                connection.settimeout(SECONDS)
                connection.connect(self.lmtp_path)
                for command in ("", *commands, "DATA"):
                    connection.sendall(f"{command}\r\n".encode() if command else b"")
                    if _reply(lines)[:1] not in ("2", "3"):
                        return []
                connection.sendall(stuffed.replace(b"\n", b"\r\n") + b".\r\n")
                for _ in names:
                    replies.append(_reply(lines))
                connection.sendall(b"QUIT\r\n")
        except OSError:
            pass  # who has no reply is tried again
        return replies


def _reply(lines: IO[bytes]) -> str:
    while True:
        line = lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("it ended")
        if line[3:4] != b"-":
            return line.decode(errors="replace").rstrip()


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


def owner(pid: int) -> int:
    """The user of a process; -1 has ended."""
    try:
        return int(re.findall(r"^Uid:\t(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[0])
    except OSError:
        return -1


def until(true: Callable[[], bool], complaint: Callable[[], object] = lambda: "", seconds: float = SECONDS) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, complaint()
        time.sleep(0.01)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that every user may write to; its path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="mdafilter-crash."))
    made.chmod(0o777)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def home(folder: Path, uid: int = UID, rules: str = "", name: str = "home") -> Path:
    """A home with a configuration that asks no daemon; it is below `homes`."""
    made = folder / "homes" / name
    config = made / ".config/mdafilter"
    config.mkdir(parents=True)
    (config / "mdafilter.toml").write_text(QUIET)
    (made / ".mdafilter.sieve").write_text(rules)
    for path in (made, *made.rglob("*")):
        os.chown(path, uid, uid if ROOT_RUNS else -1)
    return made


# --- messages that can prove that they are whole ----------------------------------------------------------------------


def message(number: int, octets: int = 1500) -> bytes:
    """A message with its number and a digest of its body; Postfix would add nothing to its header but on top."""
    line = f"{number} " * (60 // len(f"{number} ")) + "\n"
    body = (line * (octets // len(line) + 1)).encode()[:octets] + b"\n"
    head = f"Received: by mx.example.test; {number}\nFrom: sender@example.test\nSubject: number {number}\n"
    head += f"Message-ID: <{number}@example.test>\nDate: Thu, 26 Nov 2026 10:00:00 +0000\n"
    return f"{head}X-Digest: {hashlib.sha256(body).hexdigest()}\n\n".encode() + body


class Account:
    """What is in the Maildirs below a folder: how often each message is in each; files that are no such message; drafts."""

    def __init__(self, top: Path) -> None:
        self.messages: Counter[tuple[str, int]] = Counter()
        self.damaged: list[Path] = []
        self.left: list[Path] = []
        for file in top.rglob("*"):
            if file.parent.name == "tmp" or file.name.endswith((".mdafilter", ".lock")):
                self.left.append(file)
            elif file.parent.name in ("new", "cur"):
                self._count(str(file.parent.parent.relative_to(top)), file)

    def _count(self, folder: str, file: Path) -> None:
        text = file.read_bytes()
        number = re.search(rb"^Subject: number (\d+)$", text, re.MULTILINE)
        octets = len(text.partition(b"\n\n")[2]) - 1
        if number is None or not text.endswith(message(int(number[1]), octets)):
            self.damaged.append(file)
        else:
            self.messages[folder, int(number[1])] += 1

    def often(self, numbers: Iterable[int], *folders: str) -> Counter[int]:
        """How many messages are so often in a folder."""
        return Counter(self.messages[folder, number] for number in numbers for folder in folders)
