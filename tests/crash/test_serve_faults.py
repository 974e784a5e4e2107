"""The resident service on a machine that has run out of something, and before homes that are not there.

Each fault ends in "try again" (or in the answer that the settings have for it), or the one-shot delivers. When it has
gone, the next try of the same message delivers it, by the same service, which nobody has started again.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import resident
from tests.support.processes import child, status
from tests.support.resident import QUIET, ROOT_RUNS, UID, VIRTUAL, Account, Resident, message, until

needs_root = pytest.mark.skipif(not ROOT_RUNS, reason="only root can mount a small disk")


@pytest.fixture(scope="module")
def service(native: Path) -> Iterator[Resident]:
    """One service for all faults: none of them may be felt by the next."""
    with resident.folder() as folder:
        made = Resident(native, folder, lmtp=True)
        made.start()
        try:
            yield made
            assert not made.ended, made.said()
        finally:
            made.stop()


class Mailbox:
    """A home, and what was delivered to it and what was not. By LMTP it is that of a virtual mailbox, without rules."""

    def __init__(self, service: Resident, name: str, *, lmtp: bool = False) -> None:
        self.service = service
        self.name = name
        self.lmtp = lmtp
        self.home = resident.home(service.folder, VIRTUAL if lmtp else UID, name=name)
        self.sent = 0

    def deliver(self, number: int = 0, octets: int = 1500) -> tuple[int, str]:
        """The exit code and the text; a reply of LMTP as the exit code that means the same."""
        number = number or self.next()
        self.sent = max(self.sent, number)
        if not self.lmtp:
            return self.service.deliver(self.home, message(number, octets))
        code, _, text = self.service.lmtp(message(number, octets), self.name)[0].partition(" ")
        return (0, "") if code == "250" else ({"4": 75}.get(code[0], 77), text)

    def next(self) -> int:
        self.sent += 1
        return self.sent

    def check(self) -> None:
        """All that was sent is there, once and whole."""
        until(self.service.settled)
        with contextlib.suppress(AssertionError):  # it is said below
            until(lambda: not Account(self.home).left, seconds=10)  # the broker has somebody tidy up every second
        account = Account(self.home)
        assert account.often(range(1, self.sent + 1), "Maildir") == {1: self.sent}
        assert (account.damaged, account.left) == ([], [])


_homes = itertools.count(1)
BY_EACH_DOOR = pytest.mark.parametrize("mailbox", ["client", "lmtp"], indirect=True)


@pytest.fixture
def mailbox(service: Resident, request: pytest.FixtureRequest) -> Mailbox:
    """A new home, with one message in it."""
    made = Mailbox(service, f"home{next(_homes)}", lmtp=getattr(request, "param", "client") == "lmtp")
    assert made.deliver() == (0, "")
    until(service.settled)  # it tidies up when its client has gone
    return made


# --- disks -----------------------------------------------------------------------------------------------------------


@contextmanager
def disk(home: Path, options: str) -> Iterator[Callable[[str], int]]:
    """A small disk at `home`; what it gives changes its options."""
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"mode=755,uid={home.stat().st_uid},{options}", "small", home], check=False
    )
    if tried.returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield lambda new: subprocess.check_call(["mount", "-o", f"remount,{new}", home])
    finally:
        subprocess.run(["umount", "-l", home], check=False)


DISKS = {"bytes": ("size=64k", "size=16m"), "inodes": ("nr_inodes=9", "nr_inodes=900"), "writing": ("ro", "rw")}


@needs_root
@BY_EACH_DOOR
@pytest.mark.parametrize("what", DISKS)
def test_a_disk_without(service: Resident, mailbox: Mailbox, what: str) -> None:
    """4.3.1 is "mail system full" (RFC 3463 section 3.4); all else of ours is 4.3.0."""
    little, enough = DISKS[what]
    mailbox.sent = 0
    with disk(mailbox.home, little) as remount:
        answers = {n: mailbox.deliver(n, 30_000) for n in range(1, 6)}
        refused = [n for n, (code, _) in answers.items() if code]
        assert refused and all(answers[n][0] == 75 and answers[n][1].startswith("4.") for n in refused), answers
        assert Account(mailbox.home).often(refused, "Maildir") == {0: len(refused)}
        remount(enough)
        assert [mailbox.deliver(n, 30_000) for n in refused] == [(0, "")] * len(refused)
        mailbox.check()


# --- homes -----------------------------------------------------------------------------------------------------------


@contextmanager
def moved(home: Path) -> Iterator[None]:
    """Where the homes are, no user can make one."""
    away = home.rename(home.with_name("away"))
    home.parent.chmod(0o555)
    try:
        yield
    finally:
        home.parent.chmod(0o755)
        away.rename(home)


@contextmanager
def closed(home: Path) -> Iterator[None]:
    home.chmod(0)
    try:
        yield
    finally:
        home.chmod(0o755)


@contextmanager
def unmounted(home: Path) -> Iterator[None]:
    """What is below the mount point belongs to root."""
    with disk(home, "uid=0"):
        yield


@contextmanager
def replaced(home: Path) -> Iterator[None]:
    (home / "Maildir").rename(home / "away")
    (home / "Maildir").write_bytes(b"a file\n")
    try:
        yield
    finally:
        (home / "Maildir").unlink()
        (home / "away").rename(home / "Maildir")


@contextmanager
def dangling(home: Path) -> Iterator[None]:
    away = home.rename(home.with_name("away"))
    home.symlink_to("/nonexistent/home")
    try:
        yield
    finally:
        home.unlink()
        away.rename(home)


HOMES = [moved, dangling, replaced, pytest.param(closed, marks=needs_root), pytest.param(unmounted, marks=needs_root)]


@BY_EACH_DOOR
@pytest.mark.parametrize("away", HOMES)
def test_a_home_that_is_away(mailbox: Mailbox, away: Callable[[Path], contextlib.AbstractContextManager[None]]) -> None:
    """Never a bounce; and where the home is not, nothing is delivered that would be hidden when it comes back."""
    with away(mailbox.home):
        code, said = mailbox.deliver(2)
        assert (code, said[:2]) == (75, "4.")
    assert mailbox.deliver(2) == (0, "")
    mailbox.check()


def test_a_home_on_a_dead_path(service: Resident, mailbox: Mailbox) -> None:
    """What the client says of its home is believed for this one message."""
    done = service.deliver(Path("/nonexistent/home"), message(2))
    assert (done[0], done[1][:2]) == (75, "4.")
    assert mailbox.deliver(2) == (0, "")
    mailbox.check()


# --- a daemon that hangs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when_down", "code"), [("accept", 0), ("defer", 75)])
def test_a_spamd_that_never_answers(mailbox: Mailbox, when_down: str, code: int) -> None:
    """when_down is the policy: "accept" delivers the message unscored, "defer" has Postfix try again."""
    config = mailbox.home / ".config/mdafilter/mdafilter.toml"
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        hanging = f'enabled = "on"\nhosts = ["{host}"]\ntimeout = 0.5\nretries = 0\nwhen_down = "{when_down}"'
        config.write_text(QUIET.replace('enabled = "off"', hanging, 1).replace("rules = []\n", ""))
        (mailbox.home / ".mdafilter.sieve").write_text('require "spamtest"; if spamtest "10" { discard; }\n')
        assert mailbox.deliver(2)[0] == code
    config.write_text(QUIET)
    assert mailbox.deliver(2 if code else 3) == (0, "")
    mailbox.check()


# --- descriptors, memory, processes ----------------------------------------------------------------------------------


@contextmanager
def bound(pid: int, what: int, most: int) -> Iterator[None]:
    """A running process gets along with so much, for a while."""
    assert status(child(lambda: limited(pid, what, most))) == 0
    try:
        yield
    finally:
        status(child(lambda: limited(pid, what)))  # it may have ended


def limited(pid: int, what: int, most: int | None = None) -> int:
    """Sets a limit of another process, as its user: that needs no right of root's (prlimit(2)). None: the hard one."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("Uid:"))
    uid = int(line.split()[1])
    if ROOT_RUNS:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    hard = resource.prlimit(pid, what)[1]
    resource.prlimit(pid, what, (hard if most is None else most, hard))
    return 0


def worker(mailbox: Mailbox) -> int:
    """The pid of the one worker. One that was killed may take a connection along, which the one-shot then serves."""
    service = mailbox.service

    def there() -> bool:
        if service.settled() and len(service.children()) == 1:
            return True
        assert mailbox.deliver() == (0, "")
        return False

    until(there, service.children)
    return service.children()[0]


@pytest.fixture
def alone(native: Path, place: Path, request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    """A mailbox whose service has served nobody else."""
    service = Resident(native, place, root=getattr(request, "param", True), size={"deaths": 10**9, "per_user": 1})
    service.start()
    try:
        made = Mailbox(service, "home")
        assert made.deliver() == (0, "")
        yield made
        assert not service.ended, service.said()
    finally:
        service.stop()


def octets(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def test_a_worker_without_descriptors(alone: Mailbox) -> None:
    """EMFILE at each place where it opens something, from the connection itself on."""
    pid = worker(alone)
    answers = []
    for most in range(3, 12):
        number = alone.next()
        with bound(pid, resource.RLIMIT_NOFILE, most):
            answers.append(alone.deliver(number)[0])
            until(alone.service.settled)
        if answers[-1]:
            assert alone.deliver(number) == (0, "")
    assert 75 in answers and set(answers) <= {0, 75}, answers
    assert alone.service.children() == [pid]
    assert alone.service.status()["messages"]["deferred"] >= answers.count(75)
    alone.check()


def test_a_broker_without_descriptors(alone: Mailbox) -> None:
    """accept(2) fails: who connects waits in the kernel's queue. One more, and no worker can be made for another one."""
    broker, answers = alone.service.pid, []
    resident.kill([worker(alone)])
    used = max(map(int, os.listdir(f"/proc/{broker}/fd"))) + 1
    for free in range(6):
        with bound(broker, resource.RLIMIT_NOFILE, used + free):
            client = alone.service.client(alone.home, message(alone.next()))
            with contextlib.suppress(subprocess.TimeoutExpired):
                client.wait(0.5)
        client.communicate(timeout=resident.SECONDS)
        answers.append(client.returncode)
        resident.kill(alone.service.children())
    assert set(answers) == {0}
    alone.check()


def test_a_worker_without_memory(alone: Mailbox) -> None:
    """MemoryError wherever it comes: at worst the worker ends, and its client tries again or delivers without it."""
    (alone.home / ".mdafilter.sieve").write_text('require "body"; if body :text :contains "nowhere" { discard; }')
    answers = []
    for spare in (0, 1 << 20, 1 << 22, 1 << 24):
        pid, number = worker(alone), alone.next()
        with tempfile.TemporaryFile(dir=alone.home) as large:
            large.write(message(number, 8_000_000))
            with bound(pid, resource.RLIMIT_AS, octets(pid) + spare):
                large.seek(0)
                answers.append(alone.service.deliver(alone.home, large.fileno())[0])
            if answers[-1]:
                large.seek(0)
                assert alone.service.deliver(alone.home, large.fileno()) == (0, "")
    assert set(answers) <= {0, 75}
    told = alone.service.status()
    assert told["died"] + told["messages"]["deferred"] + told["messages"]["declined"] > 0, "it had enough"
    alone.check()


def test_a_broker_without_memory(alone: Mailbox) -> None:
    """No worker can be forked, and no connection be noted: its clients deliver without it."""
    for spare in (0, 1 << 16, 1 << 20):
        resident.kill(alone.service.children())
        number = alone.next()
        with bound(alone.service.pid, resource.RLIMIT_AS, octets(alone.service.pid) + spare):
            answer = alone.deliver(number)[0]
        resident.kill(alone.service.children())  # its limit is that of the broker that made it
        assert answer in (0, 75)
        assert alone.deliver(number if answer else alone.next()) == (0, "")
    assert worker(alone)
    alone.check()


@pytest.mark.parametrize("alone", [False], indirect=True, ids=["own"])
def test_a_broker_that_cannot_fork(alone: Mailbox) -> None:
    """EAGAIN at RLIMIT_NPROC (fork(2)), which root does not meet: the one-shot delivers, and later a worker again."""
    for _ in range(3):
        resident.kill([worker(alone)])
        with bound(alone.service.pid, resource.RLIMIT_NPROC, 0):
            until(lambda: alone.deliver() == (0, "") and not alone.service.children())
            assert alone.deliver() == (0, "")
    assert worker(alone)
    assert "no worker for user" in alone.service.said()
    alone.check()
