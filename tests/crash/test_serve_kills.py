"""SIGKILL at random moments of deliveries by the resident service, each tried again as an MTA does: at once.

Whoever is killed (the client, its worker, the broker, any of them), in the end each message is where it belongs: once,
whole, with no draft or lock left over. MDAFILTER_KILLS says how many kills each test makes.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import resident
from tests.support.processes import pause
from tests.support.resident import Account, Resident, message, until

KILLS = int(os.environ.get("MDAFILTER_KILLS", "60"))
# Two places: their traces have an order, and are removed one after the other.
RULES = 'require ["fileinto", "copy", "mailbox"]; fileinto :copy :create "second";'
FOLDERS = ("Maildir", ".second")
MOURNING = {"deaths": 10**9}  # workers that are killed are replaced at once, however many they are


class Campaign:
    """Deliveries, one after the other, each until it has succeeded; `strike` kills somebody, and says how many."""

    def __init__(self, service: Resident, home: Path, seed: int) -> None:
        self.service = service
        self.home = home
        self.random = random.Random(seed)
        self.messages = self.killed = self.hit = self.again = 0
        times = []
        for _ in range(15):
            began = time.perf_counter()
            assert self.attempt(self.begun()).wait(resident.SECONDS) == 0
            times.append(time.perf_counter() - began)
        self.usual = statistics.median(times)

    def begun(self) -> int:
        """The number of a new message."""
        self.messages += 1
        return self.messages

    def attempt(self, number: int) -> subprocess.Popen[bytes]:
        """A try. Every tenth message is a large one, which goes into a file first."""
        client = self.service.client(self.home, message(number, 300_000 if number % 10 == 0 else 1500))
        assert client.stdout is not None
        client.stdout.close()
        return client

    def run(self, kills: int, strike: Callable[[subprocess.Popen[bytes]], int]) -> None:
        """So many kills, at moments that are spread over the whole delivery, and some beyond its end."""
        while self.killed < kills:
            number = self.begun()
            while True:
                client = self.attempt(number)
                pause(self.random.uniform(0, 1.5 * self.usual))
                self.hit += client.poll() is None
                self.killed += strike(client)
                assert not self.service.ended, self.service.said()
                code = client.wait(resident.SECONDS)
                assert code in (0, 75, -9), code
                if code == 0:
                    break
                self.again += 1

    def check(self, doubled: int = 0) -> None:
        """Nothing lost, doubled, damaged or left over."""
        until(self.service.settled)
        try:
            until(lambda: not Account(self.home).left, seconds=10)  # the broker has somebody tidy up every second
        except AssertionError:
            pass  # it is said below
        account = Account(self.home)
        often = account.often(range(1, self.messages + 1), *FOLDERS)
        told = f"{self.messages} messages, {self.killed} killed, {self.again} tries again: {dict(often)}"
        print(told)
        assert often[0] == 0, f"lost: {told}"
        assert often[1] + often[2] == 2 * self.messages and often[2] <= 2 * doubled, f"doubled: {told}"
        assert (account.damaged, account.left) == ([], []), told
        assert self.hit > self.killed // 10, f"too few were hit for the test to mean something: {told}"


@contextmanager
def campaign(service: Resident, seed: int) -> Iterator[Campaign]:
    home = resident.home(service.folder, rules=RULES)
    service.start()
    try:
        yield Campaign(service, home, seed)
    finally:
        service.stop()


@pytest.mark.parametrize("whose", ["root", "own"])
def test_a_killed_client(native: Path, place: Path, whose: str) -> None:
    """The worker goes on: it commits nothing once its client has gone, and the next try waits for what it has begun.

    Killed between its last send(2) ("A": what it answers now is final) and _exit(2), a client has taken back what it
    said: of that microsecond the kernel tells nobody.
    """
    with campaign(Resident(native, place, root=whose == "root"), 1) as one:

        def strike(client: subprocess.Popen[bytes]) -> int:
            client.kill()
            return client.wait() != 0

        one.run(KILLS, strike)
        one.check(doubled=1 + one.killed // 500)


@pytest.mark.parametrize("whose", ["root", "own"])
def test_a_killed_worker(native: Path, place: Path, whose: str) -> None:
    """What it had noted is tidied up by the next one, where the client had said that its answer is final."""
    with campaign(Resident(native, place, root=whose == "root", size=MOURNING), 2) as one:

        def strike(_client: subprocess.Popen[bytes]) -> int:
            workers = one.service.children() if one.random.random() < 0.5 else []  # else there is no warm one
            resident.kill(workers)
            return len(workers)

        one.run(KILLS, strike)
        one.check()


def test_client_and_worker_are_killed_together(native: Path, place: Path) -> None:
    """As by who kills all processes of a user."""
    with campaign(Resident(native, place, size=MOURNING), 3) as one:

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
    with campaign(service, 4) as one:

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
