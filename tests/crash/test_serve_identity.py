"""Who is who to the resident service: nothing is delivered as somebody else, and what is root's stays out of reach.

A client may name any user, home, Maildir and file; a worker may be in its user's hands; and a stranger may have taken
the place of the socket.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.delivery import Account as Owner
from mdafilter.files import SUFFIX
from mdafilter.serve import slate
from mdafilter.serve.slate import Slate
from mdafilter.serve.worker import TIDY, Post, Worker
from tests.support import resident
from tests.support.neighbours import MESSAGES, as_user, home, neighbours, others_get_mail, workers
from tests.support.processes import status
from tests.support.resident import OTHER, UID, Account, Resident, message

pytestmark = pytest.mark.skipif(not resident.ROOT_RUNS, reason="only root serves several users")


@pytest.fixture
def service(native: Path, place: Path) -> Iterator[Resident]:
    with neighbours(native, place) as made:
        yield made


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
    others_get_mail(service, before=MESSAGES)


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
