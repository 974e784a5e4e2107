"""A running LMTP door, and a broker and workers for it that do what a test wants.

The door runs in a thread, on a socket of its own. What it asks the broker for is answered in another thread, by the
behaviour of the user part of the recipient (BEHAVIOURS); `seen` has each request that was read. That for "nobody" is not:
its connection is closed.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mdafilter.serve import wire
from mdafilter.serve.door import loop as door
from mdafilter.serve.door.delivery import LETTER, UID
from mdafilter.serve.door.loop import Options
from mdafilter.serve.door.recipients import Virtual
from mdafilter.values import Value


class Seen(Value):
    """A delivery that a worker was asked for; `known`: it heard that the client knows."""

    uid: int
    environ: dict[str, str]
    message: bytes
    flags: str  # how the message was opened: "r" or "rw"; "" is that it came in the packet
    known: bool


Worker = Callable[[socket.socket, wire.Request], None]


def says(*packets: bytes, after: float = 0) -> Worker:
    """A worker that sends these packets."""

    def work(connection: socket.socket, _request: wire.Request) -> None:
        for packet in packets:
            time.sleep(after)
            connection.send(packet)

    return work


BEHAVIOURS: dict[str, Worker] = {
    "refuses": says(wire.ended(77, "5.7.1 Not\nthat\n")),
    "full": says(wire.ended(75, "4.2.2 mdafilter: over quota\n")),
    "dies": says(),
    "busy": says(wire.NOT_TAKEN),
    "strange": says(b"what?"),
    "slow": says(wire.ended(0, ""), after=0.1),
}
GOOD = says(wire.ended(0, ""))


class Broker:
    """The other end of the control socket, with workers that do as BEHAVIOURS says."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.seen: list[Seen] = []
        self.holds = threading.Event()  # set: who is asked for waits no longer (for the user part "held")
        self.threads: list[threading.Thread] = []
        self.most = self.now = 0
        self.lock = threading.Lock()
        self.start(self._broker)

    def start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args)
        self.threads.append(thread)
        thread.start()

    def _broker(self) -> None:
        while True:
            try:
                packet, descriptors, _, _ = socket.recv_fds(self.control, 64, 1)
            except OSError:
                return
            if not packet:
                return
            assert packet[:1] == LETTER
            self.start(self._worker, UID.unpack(packet[1:])[0], socket.socket(fileno=descriptors[0]))

    def _worker(self, uid: int, connection: socket.socket) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        with connection:
            request = wire.decode(connection.recv(wire.REQUEST_OCTETS, socket.MSG_PEEK))
            name = dict(request.environ)["RECIPIENT"].partition("@")[0]
            seen = [] if name == "nobody" else [self._work(uid, connection, request, name)]
        with self.lock:
            self.now -= 1
            self.seen += seen

    def _work(self, uid: int, connection: socket.socket, request: wire.Request, name: str) -> Seen:
        _packet, descriptors, _, _ = socket.recv_fds(connection, wire.REQUEST_OCTETS, 1)
        assert bool(descriptors) == (request.message is None)
        message, flags = read(descriptors[0]) if request.message is None else (request.message, "")
        try:
            if name == "held":
                self.holds.wait(20)
            BEHAVIOURS.get(name, GOOD)(connection, request)
        except OSError:
            pass  # the door has not waited
        known = False
        if name != "dies":
            connection.settimeout(20)
            known = connection.recv(10) == wire.ACKNOWLEDGED
        return Seen(uid, dict(request.environ), message, flags, known)

    def end(self) -> None:
        """Closes the control socket, and waits for the workers."""
        self.holds.set()
        try:
            self.control.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed
        for thread in self.threads:
            thread.join(20)
        self.control.close()
        assert not any(thread.is_alive() for thread in self.threads)


def read(fd: int) -> tuple[bytes, str]:
    """The message as a worker reads it, from where the descriptor stands; and how it was opened."""
    flags = [line for line in Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines() if line.startswith("flags:")]
    with open(fd, "rb") as file:
        return file.read(), "r" if int(flags[0].split()[1], 8) & os.O_ACCMODE == os.O_RDONLY else "rw"


class Client:
    """A client that sends and reads octets."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> str:
        return self.file.readline().decode().rstrip("\r\n")

    def reply(self) -> str:
        """The last line of the next reply."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def replies(self, count: int) -> list[str]:
        return [self.reply() for _ in range(count)]

    def begin(self, *recipients: str) -> None:
        """Up to the message; the replies so far are read."""
        self.send(opening(*recipients))
        assert [r[:3] for r in self.replies(4 + len(recipients))] == [
            "220",
            "250",
            "250",
            *["250"] * len(recipients),
            "354",
        ]

    def message(self, *recipients: str, text: bytes = b"Subject: x\r\n\r\nhello\r\n") -> list[str]:
        """A message, from LHLO on; its replies."""
        self.begin(*recipients)
        self.send(text + b".\r\n")
        return self.replies(len(recipients))

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def opening(*recipients: str) -> bytes:
    """The commands before a message."""
    lines = [
        "LHLO client.example",
        "MAIL FROM:<ann@a.example>",
        *(f"RCPT TO:<{r}@b.example>" for r in recipients),
        "DATA",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


class Running:
    """A door that runs."""

    def __init__(self, path: str, thread: threading.Thread, broker: Broker) -> None:
        self.path = path
        self.thread = thread
        self.broker = broker
        self.clients: list[Client] = []

    def client(self) -> Client:
        self.clients.append(Client(self.path))
        return self.clients[-1]

    def drain(self) -> None:
        self.broker.control.send(door.DRAIN)

    def ended(self) -> bool:
        """Whether the door comes to its end."""
        self.thread.join(20)
        return not self.thread.is_alive()


def options(folder: Path) -> Options:
    """All addresses are known, and the mail of one user."""
    return Options(hostname="mx.example", spool=str(folder), virtual=Virtual(12345))


@contextmanager
def running(folder: Path, with_options: Options | None = None) -> Iterator[Running]:
    """A door, up to the end of the block. Then no descriptor is left that was not there before."""
    before = descriptors()
    path = f"{folder}/lmtp"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen(100)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            door.run([listening], theirs, with_options or options(folder))
        except BaseException as wrong:
            failed.append(wrong)

    thread = threading.Thread(target=run)
    thread.start()
    broker = Broker(ours)
    made = Running(path, thread, broker)
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        broker.end()
        assert made.ended()
    assert not failed
    assert descriptors() == before


def descriptors() -> set[str]:
    """What is open in this process, but for the listing itself."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
        except FileNotFoundError:
            pass  # the folder that was listed
    return found
