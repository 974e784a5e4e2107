"""A resident service with real workers, and a client that speaks its packets (mdafilter/serve/wire.py).

`running` forks the broker from the test, which is quick; `program` starts `mdafilter serve`, as somebody would. Where
root runs the tests, workers are those of `nobody` and of numbers without a name; anybody else is served as oneself.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mdafilter import settings
from mdafilter.serve import service as serving
from mdafilter.serve import wire
from mdafilter.serve.listen import Place
from mdafilter.serve.pool import Size
from tests.support.house import ROOT
from tests.support.processes import child

ROOT_RUNS = os.geteuid() == 0
NOBODY, NAMELESS, OTHER = (65534, 64111, 64112) if ROOT_RUNS else (os.geteuid(),) * 3
BOUND = 30.0  # seconds that something may take which takes milliseconds
NOT_TAKEN = -1  # instead of an exit status: the client would deliver by itself

needs_root = pytest.mark.skipif(not ROOT_RUNS, reason="only root serves several users")


def until(what: Callable[[], object], seconds: float = BOUND) -> None:
    """Waits until it is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def unread(connection: socket.socket) -> bool:
    """Whether something that was sent lies unread at the other end: tcp(7), SIOCOUTQ; af_unix has it as well.

    False too where it can no longer be read, because the other end is closed.
    """
    return fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)) != bytes(4)


def mail(number: int = 1, size: int = 100) -> bytes:
    return f"From: a@example.test\nSubject: number {number}\n\n".encode() + b"x" * (size - 1) + b"\n"


def file(content: bytes) -> int:
    """A descriptor of a file with this content, to be closed by the caller."""
    fd = os.memfd_create("message")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Connection:
    """A connection to the service, of a client that does what a test tells it."""

    def __init__(self, path: Path, uid: int, gid: int | None = None) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(BOUND)
        self.reset = False
        me = os.geteuid()
        try:
            if uid != me:
                os.setegid(uid if gid is None else gid)
                os.seteuid(uid)  # it is the effective ones that SO_PEERCRED tells of (unix(7))
            self.socket.connect(str(path))
        except OSError:
            self.close()
            raise
        finally:
            if uid != me:
                os.seteuid(me)
                os.setegid(os.getgid())

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, packet: bytes, *descriptors: int) -> None:
        socket.send_fds(self.socket, [packet], descriptors)

    def ask(self, content: bytes | int, request: wire.Request) -> None:
        """Sends a request, and the message: its octets, or a descriptor to read it from."""
        fd = content if isinstance(content, int) else file(content)
        try:
            self.send(wire.encode(request), fd)
        finally:
            if not isinstance(content, int):
                os.close(fd)

    def taken(self) -> None:
        """Waits until the request has been read."""
        until(lambda: not unread(self.socket))

    def packet(self) -> bytes:
        """The next packet; b"" at the end. `reset` is whether the service has closed without reading all."""
        while True:
            try:
                return self.socket.recv(wire.REQUEST_OCTETS)
            except ConnectionResetError:
                self.reset = True  # it is told once, before what is left

    def end(self) -> tuple[int, str]:
        """The status and the text, as the native client takes them; NOT_TAKEN is that it would deliver by itself."""
        packet = self.packet()
        if packet == wire.NOT_TAKEN or (not packet and self.reset):
            return NOT_TAKEN, ""
        return wire.parse_end(packet) if packet else (75, "")

    def acknowledge(self) -> None:
        self.socket.send(wire.ACKNOWLEDGED)
        self.close()

    def close(self) -> None:
        self.socket.close()


class Service:
    """A service that runs. Homes, sockets and the log are in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "deliver.sock"
        self.status_path = folder / "deliver.sock.status"
        self.log = folder / "log"
        self.pid = 0

    # --- homes ---

    def home(self, uid: int = NOBODY) -> Path:
        """The home of a user, with a configuration that asks no daemon and has no rules but the user's."""
        home = self.folder / f"home.{uid}"
        if not home.exists():
            config = home / ".config" / "mdafilter"
            config.mkdir(parents=True)
            (config / "mdafilter.toml").write_text(
                'rules = []\n[spamd]\nenabled = "off"\n[clamd]\nenabled = "off"\n[journal]\nsyslog = false\n'
            )
            for path in (home, *home.rglob("*")):
                os.chown(path, uid, uid if ROOT_RUNS else -1)
        return home

    def write(self, name: str, text: str, uid: int = NOBODY) -> Path:
        """A file in the home."""
        path = self.home(uid) / name
        path.write_text(text)
        os.chown(path, uid, -1)
        return path

    def inbox(self, uid: int = NOBODY) -> list[Path]:
        return sorted((self.home(uid) / "Maildir" / "new").glob("*"))

    def traces(self, uid: int = NOBODY) -> list[Path]:
        return sorted((self.home(uid) / "Maildir").glob("**/tmp/*"))

    def environ(self, uid: int = NOBODY, **more: str) -> dict[str, str]:
        return {"HOME": str(self.home(uid)), "USER": "alice", "RECIPIENT": "alice@example.test", **more}

    # --- clients ---

    def connect(self, uid: int = NOBODY) -> Connection:
        return Connection(self.path, uid)

    def request(
        self, arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None, uid: int = NOBODY
    ) -> wire.Request:
        given = self.environ(uid) if environ is None else environ
        return wire.Request(tuple(arguments), tuple(given.items()), str(self.home(uid)))

    def taken(
        self,
        content: bytes | int,
        arguments: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        uid: int = NOBODY,
    ) -> Connection:
        """A connection whose message is being read."""
        connection = self.connect(uid)
        connection.ask(content, self.request(arguments, environ, uid))
        connection.taken()
        return connection

    def deliver(
        self,
        content: bytes | int,
        arguments: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        uid: int = NOBODY,
    ) -> tuple[int, str]:
        """As the native client: the exit status, or NOT_TAKEN, and what it would write."""
        with self.connect(uid) as connection:
            try:
                connection.ask(content, self.request(arguments, environ, uid))
            except (BrokenPipeError, ConnectionResetError):
                return NOT_TAKEN, ""  # closed before anything was sent
            code, text = connection.end()
            if code == 0:
                connection.acknowledge()
            return code, text

    # --- what is there ---

    def workers(self) -> list[int]:
        """The pids of the processes that the broker has made and that have not ended."""
        found = []
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue  # it has just gone
            if state not in "ZX":
                found.append(int(pid))
        return found

    def worker(self, uid: int = NOBODY) -> int:
        """The pid of the only worker of a user."""
        (pid,) = [pid for pid in self.workers() if owners(pid) == {uid}]
        return pid

    def status(self) -> Any:
        with socket.socket(socket.AF_UNIX) as asks:
            asks.settimeout(BOUND)
            asks.connect(str(self.status_path))
            with asks.makefile("rb") as answer:
                return json.loads(answer.read())

    def idle(self) -> None:
        """Waits until nobody has anything to do."""
        until(lambda: self.status()["busy"] == 0)

    def said(self, text: str, times: int = 1) -> bool:
        return self.log.read_text(errors="replace").count(text) >= times

    def processor_seconds(self) -> float:
        """Of the broker, since its start."""
        ticks = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    # --- its life ---

    def ready(self, times: int = 1) -> None:
        """Waits until it has come up, for the first time or once more."""
        until(lambda: self.said("ready on", times) or self.gone(), 2 * BOUND)
        assert self.said("ready on", times), self.log.read_text(errors="replace")

    def gone(self) -> bool:
        """Whether it has ended; it is reaped then, and `code` is its exit status."""
        if self.pid:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.pid, self.code = 0, os.waitstatus_to_exitcode(status)
        return not self.pid

    code = 0

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def stop(self) -> int:
        """Ends it and waits; its exit status."""
        if not self.gone():
            self.signal(signal.SIGTERM)
            until(self.gone, 2 * BOUND)
        return self.code

    def kill(self) -> None:
        """Ends it at once, and its workers, whatever state they are in."""
        if self.gone():
            return
        workers = self.workers()
        for pid in (self.pid, *workers):
            kill(pid)
        until(self.gone)


def owners(pid: int) -> set[int]:
    """The user of a process: its real, effective, saved and file system ids; of one that has gone, none."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return set(map(int, next(line for line in lines if line.startswith("Uid:")).split()[1:]))


def kill(pid: int) -> None:
    """Kills it, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just gone


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that everybody may enter; its path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="mdafilter-service."))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def running(
    *, uid: int | None = None, descriptors: int = 0, environ: Mapping[str, str] | None = None, **size: Any
) -> Iterator[Service]:
    """A service of the size, of root or of the user, with at most so many descriptors; it is killed at the end."""
    serving.load_all()  # once, for all the services that are forked from here
    with folder() as made:
        service = Service(made)
        service.log.touch()
        if uid is not None:
            service.home(uid)
            for path in (made, service.log):
                os.chown(path, uid, uid)
        size = {"memory": 1 << 40} | size  # a worker is as large as the process of the tests is
        service.pid = child(lambda: _serve(service, uid, descriptors, dict(environ or {}), Size(**size)))
        try:
            service.ready()
            yield service
        finally:
            service.kill()


def _serve(service: Service, uid: int | None, descriptors: int, environ: dict[str, str], size: Size) -> int:
    os.setsid()
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _standard(service.log)
    settings.SITE_FILE = "/nonexistent"
    os.environ.clear()
    os.environ.update(environ)
    if descriptors:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # those of the tests would count
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    options = serving.Options(Place(path=str(service.path)), Place(path=str(service.status_path)), size=size)
    serving.Service(options, os.environ).run()
    return 0


def _standard(log: Path) -> None:
    os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    for fd in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), fd)


@contextmanager
def program(
    *options: str, tree: Path = ROOT, before: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """`mdafilter serve`, of the code in `tree`, behind the command `before`; it is killed at the end."""
    with folder() as made:
        service = Service(made)
        service.log.touch()
        command = [*before, sys.executable, "-m", "mdafilter.cli.main", "serve", "--socket", f"unix:{service.path}"]
        variables = {"PYTHONPATH": str(tree), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        variables |= environ or {}

        def execute() -> int:
            os.setsid()
            os.chdir("/")  # `python -m` looks into the current folder first
            _standard(service.log)
            os.execve(command[0], [*command, *options], variables)

        service.pid = child(execute)
        try:
            yield service
        finally:
            service.kill()
