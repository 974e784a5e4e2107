"""A hostile user of this machine, and the resident service: meanwhile another user gets mail, and nothing else happens.

Every user may connect, and say anything; has workers, and may stop and kill them; and may name any home and Maildir. The
broker lives, no octet is delivered as somebody else, and what is root's stays out of reach.
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

from mdafilter.delivery import Account as Owner
from mdafilter.files import SUFFIX
from mdafilter.serve import slate, wire
from mdafilter.serve.slate import Slate
from mdafilter.serve.worker import TIDY, Post, Worker
from tests.support import resident
from tests.support.processes import child, status
from tests.support.resident import OTHER, UID, Account, Resident, message, owner, until

pytestmark = pytest.mark.skipif(not resident.ROOT_RUNS, reason="only root serves several users")

BYSTANDER = 5  # messages


@pytest.fixture
def service(native: Path, place: Path) -> Iterator[Resident]:
    """A service of root's; what others left of it is killed with it."""
    made = Resident(native, place)
    resident.home(place, UID, name="hostile")
    resident.home(place, OTHER, name="bystander")
    made.start()
    try:
        yield made
        assert not made.ended, made.said()
    finally:
        resident.kill(made.children())
        made.stop()


def home(service: Resident, name: str = "hostile") -> Path:
    return service.folder / "homes" / name


def others_get_mail(service: Resident, before: int = 0) -> None:
    """Another user's messages are delivered, each within a minute, and by the service."""
    numbers = range(before + 1, before + BYSTANDER + 1)
    for number in numbers:
        assert service.deliver(home(service, "bystander"), message(number), uid=OTHER) == (0, "")
    assert Account(home(service, "bystander")).often(numbers, "Maildir") == {1: BYSTANDER}
    assert served(service, OTHER) >= before + BYSTANDER - 1  # the last one may not be told yet


def served(service: Resident, uid: int) -> int:
    return sum(user["messages"] for user in service.status()["users"] if user["uid"] == uid)


def as_user(work: Callable[[], object], uid: int = UID) -> int:
    """The pid of a process of that user which does something."""

    def run() -> int:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        work()
        return 0

    return child(run)


def connect(service: Resident) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    made.settimeout(resident.SECONDS)
    made.connect(service.socket)
    return made


def request(service: Resident) -> bytes:
    told = service.environment(home(service))
    return wire.encode(wire.Request((), tuple((n, v) for n, v in told.items() if n in wire.ENVIRONMENT), "/"))


def workers(service: Resident, uid: int = UID) -> list[int]:
    return [pid for pid in service.children() if owner(pid) == uid]


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
            assert one.recv(10) == wire.TAKEN, name
            if name in ("a fifo", "an event"):
                continue
            answer = one.recv(5000)
            assert answer == b"" or wire.parse_end(answer)[0] in (0, 75), name

    hostile = as_user(work)
    others_get_mail(service)
    assert status(hostile) == 0
    others_get_mail(service, before=BYSTANDER)


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
    def work() -> None:
        for _ in range(3000):
            with contextlib.suppress(OSError):
                connect(service).close()

    hostile = as_user(work)
    others_get_mail(service)
    assert status(hostile) == 0
    until(service.settled)
    others_get_mail(service, before=BYSTANDER)


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
        others_get_mail(service, before=BYSTANDER * (number - 1))
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
                others_get_mail(service, before=BYSTANDER * (number // 10 - 1))
    finally:
        stop.set()
        murderer.join()
    until(service.settled)
    until(lambda: not Account(home(service)).left, lambda: Account(home(service)).left)
    assert Account(home(service)).often(range(1, 31), "Maildir") == {1: 30}


# --- who one is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["HOME", "USER", "-u", "-m", "-c", "-R"])
def test_a_client_that_claims_to_be_somebody_else(service: Resident, claim: str) -> None:
    """The kernel says whose worker it gets (SO_PEERCRED); what it says itself is worth what it may do itself."""
    others_get_mail(service)
    theirs = home(service, "bystander")
    theirs.chmod(0o700)
    arguments: list[str] = []
    more = {"USER": "bystander", "LOGNAME": "bystander", "RECIPIENT": "bystander@example.test"}
    match claim:
        case "HOME":
            more["HOME"] = str(theirs)
        case "-u":
            arguments = ["-u", "root"]
        case "-m":
            arguments = ["-m", str(theirs / "Maildir")]
        case "-c":
            arguments = ["-c", str(theirs / ".config/mdafilter/mdafilter.toml")]
        case "-R":
            arguments = ["-R", "/etc/shadow"]
    code, said = service.deliver(home(service), message(99), *arguments, uid=UID, **more)
    assert code in (0, 75)
    assert "root:" not in said
    account = Account(theirs)
    assert account.messages["Maildir", 99] == 0
    assert {path.stat().st_uid for path in theirs.rglob("*")} == {OTHER}
    if code == 0:
        assert {path.stat().st_uid for path in home(service).glob("Maildir/new/*")} == {UID}
    others_get_mail(service, before=BYSTANDER)


def test_a_worker_belongs_to_its_user_but_for_its_memory(service: Resident) -> None:
    """It was forked from root, and may remember what is root's: it is not dumpable (prctl(2), PR_SET_DUMPABLE), so its
    user can neither read its memory nor become its tracer."""
    assert service.deliver(home(service), message(1)) == (0, "")
    (pid,) = workers(service)

    def work() -> None:
        for name in ("mem", "maps", "environ", "fd", "cwd"):
            with pytest.raises(PermissionError):
                os.listdir(f"/proc/{pid}/{name}") if name == "fd" else os.open(f"/proc/{pid}/{name}", os.O_RDONLY)

    assert status(as_user(work)) == 0
    told = Path(f"/proc/{pid}/status").read_text()
    assert f"Uid:\t{UID}\t{UID}\t{UID}\t{UID}\n" in told and f"Gid:\t{UID}\t{UID}\t{UID}\t{UID}\n" in told
    assert "CapPrm:\t0000000000000000\n" in told and "CapEff:\t0000000000000000\n" in told


def test_a_program_of_a_rule_has_nothing_of_the_worker(service: Resident) -> None:
    """Of descriptors it has the three of a program; the control socket, slate and connection are the worker's."""
    (home(service) / ".mdafilter.sieve").unlink()
    seen = home(service) / "seen"
    (home(service) / ".procmailrc").write_text(f":0\n| ls -l /proc/self/fd > {seen}; id >> {seen}; cat > /dev/null\n")
    assert service.deliver(home(service), message(1)) == (0, "")
    text = seen.read_text()
    assert "socket" not in text, text
    assert f"uid={UID} gid={UID} groups={UID}" in text


# --- a forged slate --------------------------------------------------------------------------------------------------


def test_a_forged_slate_removes_nothing_that_its_user_could_not(service: Resident) -> None:
    """The slate is memory that the worker can write: whoever had taken it over could have any path removed, by a
    process of their own. Links lead nowhere: unlink(2) removes the name and nothing behind it."""
    mine, theirs = home(service) / "Maildir/tmp", home(service, "bystander") / "Maildir/tmp"
    for folder, uid in ((mine, UID), (theirs, OTHER)):
        folder.mkdir(parents=True)
        for path in (folder, folder.parent):
            os.chown(path, uid, uid)
    victim = theirs / f"victim{SUFFIX}"
    victim.write_bytes(b"a draft")
    os.chown(victim, OTHER, OTHER)
    precious = home(service) / "precious"
    precious.write_bytes(b"no draft")
    for name, target in (("link", victim), ("other", precious)):
        (mine / f"{name}{SUFFIX}").symlink_to(target)
    os.link(victim, mine / f"hard{SUFFIX}")
    (mine / "folder").symlink_to(theirs)
    mine.joinpath(f"directory{SUFFIX}").mkdir()
    forged = [victim, precious, mine / f"folder/victim{SUFFIX}", *mine.iterdir(), f"{mine}/../../precious{SUFFIX}/.."]
    forged += ["/etc/passwd", "relative" + SUFFIX, "/" + "x" * 300 + SUFFIX, "/dev/null" + SUFFIX]
    noted = Slate()
    noted.write(map(str, forged))

    def work() -> None:
        Worker(noted, Post(UID), Owner("", "")).work(TIDY + noted.read(), [])

    assert status(as_user(work)) == 0
    assert victim.read_bytes() == b"a draft" and precious.read_bytes() == b"no draft"
    assert sorted(p.name for p in mine.iterdir()) == [f"directory{SUFFIX}", "folder"]
    others_get_mail(service)


def test_a_slate_of_rubbish(service: Resident) -> None:
    """Any octets: they are no paths, or paths of nothing."""
    for rubbish in (b"", b"\0" * 1000, os.urandom(slate.OCTETS - 4), b"/" * 9000):

        def work(data: bytes = rubbish) -> None:
            Worker(Slate(), Post(UID), Owner("", "")).work(TIDY + data, [])

        assert status(as_user(work)) == 0


# --- the place of the socket -----------------------------------------------------------------------------------------


def test_a_stranger_in_the_place_of_the_service(native: Path, place: Path) -> None:
    """Where others may make files, somebody may listen before us: then the service says so and does not start, and no
    client gives a message to a server that is neither root's nor its own."""
    service = Resident(native, place)
    resident.home(place, UID, name="hostile")
    read, write = os.pipe()

    def work() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as made:
            made.bind(service.socket)
            os.chmod(service.socket, 0o777)
            made.listen(100)
            os.write(write, b"x")
            while True:
                one, _ = made.accept()
                os.write(write, one.recv(100)[:1] or b"-")  # what it was told

    stranger = as_user(work, OTHER)
    try:
        assert os.read(read, 1) == b"x"
        service.start(wait=False)
        assert service.process is not None and service.process.wait(resident.SECONDS) != 0
        assert "is running there already" in service.said()
        assert service.deliver(home(service), message(1)) == (0, "")  # the one-shot
    finally:
        resident.kill([stranger])
        status(stranger)
    os.close(write)
    assert set(os.read(read, 100)) <= {ord("-")}
    assert Account(home(service)).messages["Maildir", 1] == 1
