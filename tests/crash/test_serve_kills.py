"""SIGKILL at random moments of deliveries by the resident service, each tried again as an MTA does: at once.

Whoever is killed (the client, its worker, the broker, any of them), in the end each message is where it belongs: once,
whole, with no draft or lock left over. MDAFILTER_KILLS says how many kills each test makes.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support import resident
from tests.support.processes import child, pause
from tests.support.resident import DOOR, Account, Resident, message, owner, until

KILLS = int(os.environ.get("MDAFILTER_KILLS", "60"))
# Two places: their traces have an order, and are removed one after the other.
RULES = 'require ["fileinto", "copy", "mailbox"]; fileinto :copy :create "second";'
MOURNING = {"deaths": 10**9}  # workers that are killed are replaced at once, however many they are


class Try(Protocol):
    """An attempt that goes on."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class Campaign:
    """Deliveries, one after the other, each until it has succeeded; `strike` kills somebody, and says how many."""

    folders: tuple[str, ...] = ("home/Maildir", "home/Maildir/.second")

    def __init__(self, service: Resident, seed: int, *, start: bool = True) -> None:
        self.service = service
        self.home = resident.home(service.folder, rules=RULES)
        self.random = random.Random(seed)
        self.messages = self.killed = self.hit = self.again = 0
        if start:
            service.start()

    def __enter__(self) -> Campaign:
        try:
            self.usual = statistics.median(self.took() for _ in range(15))
        except BaseException:
            self.service.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.service.stop()

    def took(self) -> float:
        """The seconds of a delivery that nobody disturbs."""
        began = time.perf_counter()
        assert self.attempt(self.begun()).wait(resident.SECONDS) == 0
        return time.perf_counter() - began

    def begun(self) -> int:
        """The number of a new message."""
        self.messages += 1
        return self.messages

    def message(self, number: int) -> bytes:
        """Every tenth is a large one, which goes into a file first."""
        return message(number, 300_000 if number % 10 == 0 else 1500)

    def attempt(self, number: int) -> Try:
        client = self.service.client(self.home, self.message(number))
        assert client.stdout is not None
        client.stdout.close()
        return client

    def run(self, kills: int, strike: Callable[[Any], int], over: Callable[[], bool] = lambda: False) -> None:
        """So many kills, at moments that are spread over the whole delivery, and some beyond its end; more of them where the
        machine had so much to do at the beginning that most came too late.

        `over`: whether a try that did not succeed was the last one all the same.
        """
        while self.killed < kills or self.hit <= self.killed // 10:
            number = self.begun()
            while True:
                client = self.attempt(number)
                pause(self.random.uniform(0, 1.5 * self.usual))
                hit = client.poll() is None
                self.hit += hit
                self.usual *= 1.1 if hit else 0.86  # the machine may have more to do, or less, than at the beginning
                self.killed += strike(client)
                assert self.service.process is None or not self.service.ended, self.service.said()
                code = client.wait(resident.SECONDS)
                assert code in (0, 75, -9), code
                if code == 0 or over():
                    break
                self.again += 1

    def check(self, doubled: int = 0, left: int = 0) -> None:
        """Nothing lost, doubled, damaged or left over."""
        until(lambda: self.service.process is None or self.service.settled())
        homes = self.service.folder / "homes"
        with contextlib.suppress(AssertionError):  # it is said below
            until(lambda: not Account(homes).left, seconds=10)  # the broker has somebody tidy up every second
        account = Account(homes)
        often = account.often(range(1, self.messages + 1), *self.folders)
        told = f"{self.messages} messages, {self.killed} killed, {self.again} tries again: {dict(often)}"
        print(f"{told}, {len(account.left)} left")
        assert often[0] == 0, f"lost: {told}"
        count = len(self.folders)
        more = sum(number * (times - 1) for times, number in often.items() if times > 1)
        assert more <= count * doubled, f"doubled: {told}"
        assert account.damaged == [] and len(account.left) <= count * left, f"{told}: {account.left}"
        assert self.hit > self.killed // 10, f"too few were hit for the test to mean something: {told}"


class ByLmtp(Campaign):
    """The same as lmtp(8) does it: two recipients, and who has no 250 is tried again."""

    folders = ("one/Maildir", "two/Maildir")

    def __init__(self, service: Resident, seed: int) -> None:
        for name in ("one", "two"):
            resident.home(service.folder, resident.VIRTUAL, name=name)
        self.missing: list[str] = []
        super().__init__(service, seed)

    def begun(self) -> int:
        self.missing = ["one", "two"]
        return super().begun()

    def attempt(self, number: int) -> Try:
        return Transaction(self, self.message(number))


class Transaction:
    """A process that speaks LMTP, and ends with the number of each recipient that was delivered to."""

    def __init__(self, campaign: ByLmtp, message: bytes) -> None:
        self.campaign = campaign
        self.code: int | None = None
        names = list(campaign.missing)

        def talk() -> int:
            replies = campaign.service.lmtp(message, *names)
            return sum(1 << i for i, reply in enumerate(replies) if reply.startswith("250 "))

        self.pid = child(talk)

    def poll(self) -> int | None:
        return self._ended(os.WNOHANG)

    def wait(self, _timeout: float | None = None) -> int:
        code = self._ended(0)
        assert code is not None
        return code

    def _ended(self, options: int) -> int | None:
        if self.code is None and (done := os.waitpid(self.pid, options))[0]:
            bits = os.waitstatus_to_exitcode(done[1])
            self.campaign.missing = [n for i, n in enumerate(self.campaign.missing) if not bits >> i & 1]
            self.code = 75 if self.campaign.missing else 0
        return self.code


@pytest.mark.parametrize("whose", ["root", "own"])
def test_a_killed_client(native: Path, place: Path, whose: str) -> None:
    """The worker goes on: it commits nothing once its client has gone, and the next try waits for what it has begun.

    Killed between its last send(2) ("A": what it answers now is final) and _exit(2), a client has taken back what it
    said: of that microsecond the kernel tells nobody, and the next try delivers once more.
    """
    with Campaign(Resident(native, place, root=whose == "root"), 1) as one:
        one.run(KILLS, struck)
        one.check(doubled=1 + one.killed // 500)


def test_a_killed_client_had_said_so_or_comes_again(native: Path, place: Path) -> None:
    """When all has settled, what is there tells the one from the other: no trace, and nobody else has it twice."""
    with Campaign(Resident(native, place), 7) as one:
        folders = [one.home / "Maildir", one.home / "Maildir/.second"]
        said_so = 0

        def over() -> bool:
            nonlocal said_so
            until(one.service.settled)
            final = all(len(os.listdir(f / "new")) == one.messages and not os.listdir(f / "tmp") for f in folders)
            said_so += final
            return final

        one.run(KILLS, struck, over)
        print(f"{said_so} killed after they had said so")
        one.check()
        assert said_so <= 1 + one.killed // 500


def struck(client: subprocess.Popen[bytes]) -> int:
    client.kill()
    return client.wait() != 0


@pytest.mark.parametrize("whose", ["root", "own"])
def test_a_killed_worker(native: Path, place: Path, whose: str) -> None:
    """What it had noted is tidied up by the next one, where the client had said that its answer is final."""
    with Campaign(Resident(native, place, root=whose == "root", size=MOURNING), 2) as one:

        def strike(_client: subprocess.Popen[bytes]) -> int:
            workers = one.service.children() if one.random.random() < 0.5 else []  # else there is no warm one
            resident.kill(workers)
            return len(workers)

        one.run(KILLS, strike)
        one.check()


def test_client_and_worker_are_killed_together(native: Path, place: Path) -> None:
    """As by who kills all processes of a user."""
    with Campaign(Resident(native, place, size=MOURNING), 3) as one:

        def strike(client: subprocess.Popen[bytes]) -> int:
            if one.random.random() < 0.5:
                return 0
            workers = one.service.children()
            resident.kill([client.pid, *workers])
            return len(workers) + (client.wait() != 0)

        one.run(KILLS, strike)
        one.check(doubled=1 + one.killed // 500)


@pytest.mark.parametrize("given", [False, True], ids=["its own socket", "systemd's socket"])
def test_a_killed_broker(native: Path, place: Path, given: bool) -> None:
    """It is started again at once. What workers have in hand they finish; what nobody had, the one-shot delivers."""
    service = Resident(native, place, given=given)
    with Campaign(service, 4) as one:

        def strike(client: subprocess.Popen[bytes]) -> int:
            ready = service.said().count("ready on")
            service.kill()
            service.start(wait=False)
            if one.random.random() < 0.8:  # else the next one comes while it starts
                client.wait()
                until(lambda: service.said().count("ready on") > ready, service.said)
            return 1

        one.run(-(-KILLS // 4), strike)
        one.check()


@pytest.mark.parametrize("victim", ["door", "worker", "both"])
def test_by_lmtp(native: Path, place: Path, victim: str) -> None:
    """A killed door: who had no 250 comes again. Killed between the 250 and the word to the worker that its client has
    it, the door leaves a trace, which is swept with other stale ones: nobody comes again for that message.

    RFC 5321 section 4.5.3.2.6 asks for the reply as soon as the message is safe, for what is lost then is sent again.
    """
    if victim != "both" and not resident.ROOT_RUNS:
        pytest.skip("the door is told from a worker by its user, which only root can give it")
    with ByLmtp(Resident(native, place, lmtp=True, size=MOURNING), 5) as one:

        def strike(_client: Transaction) -> int:
            if one.random.random() < 0.5:
                return 0
            found = [
                pid for pid in one.service.children() if victim == "both" or (owner(pid) == DOOR) == (victim == "door")
            ]
            resident.kill(found)
            return len(found)

        one.run(KILLS, strike)
        one.check(left=0 if victim == "worker" else 1 + one.killed // 20)


def test_a_killed_broker_by_lmtp(native: Path, place: Path) -> None:
    """Its door finishes what workers have in hand, and ends; the next broker has a door of its own."""
    service = Resident(native, place, lmtp=True)
    with ByLmtp(service, 6) as one:

        def strike(client: Transaction) -> int:
            ready = service.said().count("ready on")
            service.kill()
            service.start(wait=False)
            client.wait()
            until(lambda: service.said().count("ready on") > ready or service.ended, service.said)
            return 1

        one.run(-(-KILLS // 4), strike)
        one.check()


def test_a_killed_one_shot(native: Path, place: Path) -> None:
    """No service: the shell of mdafilter-deliver-once is killed, and its agent lives on for a while. It asks for its
    shell as a worker asks for its client; between USR2 and its exit the shell has a longer way than one system call."""
    with Campaign(Resident(native, place), 8, start=False) as one:
        one.run(-(-KILLS // 3), struck)
        one.check(doubled=2 + one.killed // 50)
