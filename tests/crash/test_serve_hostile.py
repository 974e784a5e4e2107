"""A hostile user of this machine, and the resident service: meanwhile another user gets mail, and nothing else happens.

Every user may connect, and say anything, or nothing; has workers, and may stop and kill them. The broker lives, and the
workers of others have nothing to do with it.
"""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mdafilter.serve import wire
from tests.support import resident
from tests.support.neighbours import MESSAGES, as_user, home, neighbours, others_get_mail, workers
from tests.support.processes import status
from tests.support.resident import Account, Resident, message, until
from tests.support.service import unread

pytestmark = pytest.mark.skipif(not resident.ROOT_RUNS, reason="only root serves several users")


@pytest.fixture
def service(native: Path, place: Path) -> Iterator[Resident]:
    with neighbours(native, place) as made:
        yield made


def connect(service: Resident) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    made.settimeout(resident.SECONDS)
    made.connect(service.socket)
    return made


def request(service: Resident) -> bytes:
    told = service.environment(home(service))
    return wire.encode(wire.Request((), tuple((n, v) for n, v in told.items() if n in wire.ENVIRONMENT), "/"))


# --- what is said ----------------------------------------------------------------------------------------------------

GARBAGE = {
    "nothing": b"",
    "a NUL": b"\0",
    "random": os.urandom(200),
    "64 KiB": os.urandom(65536),
    "another version": b"mdafilter/2\0ax\0",
    "another kind": b"mdafilter/1\0zx\0",
    "65,000 fields": b"mdafilter/1\0" + b"a\0" * 32000,
}


@pytest.mark.parametrize("count", [0, 1, 2, 250])
def test_garbage_with_any_number_of_descriptors(service: Resident, count: int) -> None:
    """SCM_RIGHTS takes up to 253 (unix(7)). They are closed, and nothing but the first would be read."""

    def work() -> None:
        with tempfile.TemporaryFile() as file:
            for packet in GARBAGE.values():
                with connect(service) as one:
                    socket.send_fds(one, [packet], [file.fileno()] * count)
                    with contextlib.suppress(ConnectionResetError):
                        assert one.recv(10) in (wire.NOT_TAKEN, b"")

    assert status(as_user(work)) == 0
    until(service.settled)
    assert all(len(os.listdir(f"/proc/{pid}/fd")) <= 6 for pid in workers(service))
    others_get_mail(service)


# --- what is handed over as a message --------------------------------------------------------------------------------


def fifo() -> tuple[int, object]:
    """Nobody writes, and nobody closes it."""
    read, write = os.pipe()
    return read, write


def terminal() -> tuple[int, object]:
    ours, theirs = pty.openpty()
    os.write(ours, b"Subject: number 1\n\nhello\n\x04")
    return theirs, ours


def talker() -> tuple[int, object]:
    """A socket; its other end is read by nobody."""
    one, other = socket.socketpair()
    other.send(b"Subject: x\n\n")
    other.shutdown(socket.SHUT_WR)
    return one.detach(), other


def growing() -> tuple[int, object]:
    """A file that grows while it is read."""
    fd = os.memfd_create("growing")
    os.write(fd, b"Subject: x\n\n" + b"x" * 300_000)

    def grow() -> None:
        for _ in range(300):
            os.pwrite(fd, b"y" * 10_000, os.fstat(fd).st_size)
            time.sleep(0.0005)

    threading.Thread(target=grow, daemon=True).start()
    os.lseek(fd, 0, os.SEEK_SET)
    return fd, None


def shrinking() -> tuple[int, object]:
    """A file that is cut off while it is read: SIGBUS, where it was mapped (mmap(2))."""
    fd = os.memfd_create("shrinking")
    os.write(fd, b"Subject: x\n\n" + b"x" * 30_000_000)

    def cut() -> None:
        time.sleep(0.01)
        os.ftruncate(fd, 10)

    threading.Thread(target=cut, daemon=True).start()
    os.lseek(fd, 0, os.SEEK_SET)
    return fd, None


def listening() -> tuple[int, object]:
    made = socket.socket()
    made.listen()
    return made.detach(), None


STRANGE: dict[str, Callable[[], tuple[int, object]]] = {
    "a fifo": fifo,
    "a terminal": terminal,
    "a socket": talker,
    "a socket that listens": listening,
    "a file that grows": growing,
    "a file that shrinks": shrinking,
    "a folder": lambda: (os.open("/", os.O_RDONLY), None),
    "a file of /proc": lambda: (os.open("/proc/self/maps", os.O_RDONLY), None),
    "a path alone": lambda: (os.open("/etc/passwd", os.O_PATH), None),
    "only to be written": lambda: (os.open("/dev/null", os.O_WRONLY), None),
    "an event": lambda: (os.eventfd(0), None),
}


def test_strange_things_as_a_message(service: Resident) -> None:
    """The worker of this user reads them, and nobody else does: it answers, or waits for them and holds up nobody."""

    def work() -> None:
        kept = []
        for name, make in STRANGE.items():
            fd, other = make()
            one = connect(service)
            kept.append((fd, other, one))
            socket.send_fds(one, [request(service)], [fd])
            until(lambda one=one: not unread(one))  # type: ignore[misc]
            if name in ("a fifo", "an event"):
                continue
            answer = one.recv(5000)
            assert answer == b"" or wire.parse_end(answer)[0] in (0, 75), name

    hostile = as_user(work)
    others_get_mail(service)
    assert status(hostile) == 0
    others_get_mail(service, before=MESSAGES)


def test_its_own_end_of_the_connection_as_a_message(service: Resident) -> None:
    """The worker then holds what would tell it of the client's end: it waits for that no longer than allowed."""

    def work() -> None:
        one = connect(service)
        socket.send_fds(one, [request(service)], [one.fileno()])
        one.close()

    assert status(as_user(work)) == 0
    others_get_mail(service)


# --- how many, and how long ------------------------------------------------------------------------------------------


def test_a_thousand_connections_that_say_nothing(service: Resident) -> None:
    """They have at most `per_user` workers, `waiting_per_user` of them wait, and the rest is closed at once."""
    read, write = os.pipe()

    def work() -> None:
        kept = [connect(service) for _ in range(1000)]
        os.write(write, b"x")
        signal.pause()
        assert kept

    hostile = as_user(work)
    try:
        assert os.read(read, 1) == b"x"
        others_get_mail(service)
        told = service.status()
        assert told["waiting"] <= 200 and len(workers(service)) <= 20
    finally:
        resident.kill([hostile])
        status(hostile)
    until(service.settled)
    assert service.deliver(home(service), message(1)) == (0, "")


def test_connections_that_are_closed_at_once(service: Resident) -> None:
    """Where the queue of the socket is full (listen(2)), connect(2) fails at once, and the one-shot delivers."""

    def work() -> None:
        for _ in range(3000):
            with contextlib.suppress(OSError):
                connect(service).close()

    hostile = as_user(work)
    others_get_mail(service, flooded=True)
    assert status(hostile) == 0
    until(service.settled)
    assert service.deliver(home(service), message(1)) == (0, "")


def test_clients_that_are_stopped(service: Resident) -> None:
    """SIGSTOP at any moment: a worker waits for its own client, and for no longer than allowed."""
    clients = []
    for number in range(1, 9):
        client = service.client(home(service), message(number))
        time.sleep(0.0005 * number)
        client.send_signal(signal.SIGSTOP)
        clients.append(client)
    others_get_mail(service)
    for client in clients:
        client.send_signal(signal.SIGCONT)
        client.communicate(timeout=resident.SECONDS)
        assert client.returncode == 0
    until(service.settled)
    account = Account(home(service))
    assert (account.often(range(1, 9), "Maildir"), account.left) == ({1: 8}, [])


def test_workers_that_are_stopped(service: Resident) -> None:
    """Whoever stops all that work for them makes nobody else wait (and at last the broker kills them: deadline)."""
    clients = []
    for number in range(1, 6):
        assert service.deliver(home(service), message(number))[0] == 0
        for pid in workers(service):
            assert status(as_user(lambda pid=pid: os.kill(pid, signal.SIGSTOP))) == 0  # type: ignore[misc]
        clients.append(service.client(home(service), message(100 + number)))
        others_get_mail(service, before=MESSAGES * (number - 1))
    for client in clients:
        client.kill()
        client.communicate()


def test_workers_that_are_killed_again_and_again(service: Resident) -> None:
    """After some deaths this user gets no worker for a while, and the one-shot delivers."""
    stop = threading.Event()

    def murder() -> None:
        while not stop.is_set():
            resident.kill(workers(service))
            time.sleep(0.001)

    murderer = threading.Thread(target=murder)
    murderer.start()
    try:
        for number in range(1, 31):
            code = 75
            while code:
                code, _said = service.deliver(home(service), message(number))
                assert code in (0, 75)
            if number % 10 == 0:
                others_get_mail(service, before=MESSAGES * (number // 10 - 1))
    finally:
        stop.set()
        murderer.join()
    until(service.settled)
    until(lambda: not Account(home(service)).left, lambda: Account(home(service)).left)
    assert Account(home(service)).often(range(1, 31), "Maildir") == {1: 30}
