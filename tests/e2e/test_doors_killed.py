"""Real Postfix, and SIGKILL of whoever takes part in a delivery by the resident service: its queue tries again.

By mailbox_command and by LMTP. What Postfix has said of a message is what became of it: nothing bounced, lost, doubled
or damaged, when the queue is empty.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support import resident
from tests.support.postfix import Postfix
from tests.support.resident import Account, message, until

MESSAGES = int(os.environ.get("MDAFILTER_KILLS", "60")) // 3  # by each door


@pytest.fixture(scope="module")
def running(stage: Postfix, installation: Path, shipped: dict[str, str]) -> Postfix:
    """alice has a mailbox_command, carol@virtual.test a virtual mailbox by LMTP."""
    for user in ("alice", "vmail"):
        stage.user(user)
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.add_main(shipped["main.cf.virtual_lmtp"].replace("example.org", "virtual.test"))
    stage.table("vmailbox", "carol@virtual.test x\n")
    (stage.top / "mail/virtual.test").mkdir()
    os.chown(stage.top / "mail/virtual.test", stage.users["vmail"], stage.users["vmail"])
    stage.master += ["lmtp unix - - n - - lmtp"]
    stage.start()
    serve(stage, installation)
    return stage


def serve(stage: Postfix, installation: Path) -> None:
    stage.serve(
        installation, "--lmtp", f"unix:{stage.top}/queue/private/mdafilter", "--virtual", "vmail:/var/mail/%d/%n"
    )


class Killer(threading.Thread):
    """Looks for processes of deliveries, and kills some of them, at any moment."""

    def __init__(self, stage: Postfix) -> None:
        super().__init__()
        self.stage = stage
        self.random = random.Random(1)
        self.killed = {"client": 0, "worker or door": 0}
        self.stop = threading.Event()
        assert stage.inside is not None
        self.inside = os.readlink(f"/proc/{stage.inside.first}/ns/pid")

    def run(self) -> None:
        while not self.stop.is_set():
            time.sleep(self.random.uniform(0, 0.005))
            for pid in self._clients():
                self._kill(pid, "client")
            if (
                self.random.random() < 0.01 and self.stage.service is not None
            ):  # else this user gets no worker for a while
                for broker in resident.children(self.stage.service.pid):
                    for pid in resident.children(broker):
                        self._kill(pid, "worker or door")

    def _kill(self, pid: int, who: str) -> None:
        if self.random.random() < 0.5:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed[who] += 1

    def _clients(self) -> Iterator[int]:
        """The native ones: of a one-shot that is killed, see test_serve_kills.py."""
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                inside = os.readlink(f"/proc/{name}/ns/pid") == self.inside
                if inside and os.readlink(f"/proc/{name}/exe").endswith("/mdafilter-deliver"):
                    yield int(name)


def queued(stage: Postfix) -> int:
    return len(stage.run("postqueue", "-j").stdout.splitlines())


def emptied(stage: Postfix) -> None:
    """Has Postfix try again until it has nothing left."""

    def empty() -> bool:
        stage.run("postqueue", "-f")
        time.sleep(0.2)
        return not queued(stage)

    until(empty, stage.log)


def send(stage: Postfix, numbers: range) -> None:
    for number in numbers:
        for to in ("alice@stage.test", "carol@virtual.test"):
            stage.run("sendmail", "-i", "-f", "sender@stage.test", "--", to, data=message(number))


def check(stage: Postfix, numbers: Sequence[int], killed: int) -> None:
    """Each once, but for two moments that test_serve_kills.py explains: one copy more, or one trace that is swept."""
    homes = {"Maildir": stage.top / "home/alice", ".": stage.top / "mail/virtual.test/carol"}
    for name, top in homes.items():
        account = Account(top)
        often = account.often(numbers, name)
        assert often[1] + often[2] == len(numbers) and often[2] <= 1 + killed // 500, f"{top}: {often}"
        assert account.damaged == []
        assert len(account.left) <= (1 + killed // 20 if name == "." else 0), account.left
    assert "status=bounced" not in stage.log()


def test_killed_clients_workers_and_doors(running: Postfix) -> None:
    killer = Killer(running)
    killer.start()
    try:
        send(running, range(1, MESSAGES + 1))
    finally:
        killer.stop.set()
        killer.join()
    emptied(running)
    print(killer.killed, running.log().count("status=deferred"), "deferred")
    assert sum(killer.killed.values()) > MESSAGES // 10
    check(running, range(1, MESSAGES + 1), sum(killer.killed.values()))


def test_killed_brokers(running: Postfix, installation: Path) -> None:
    """Each is started again at once."""
    numbers = range(MESSAGES + 1, MESSAGES + 16)
    for first in numbers[::5]:
        sending = threading.Thread(target=send, args=(running, range(first, first + 5)))
        sending.start()
        time.sleep(random.Random(first).uniform(0, 0.3))
        assert running.service is not None
        for broker in resident.children(running.service.pid):
            os.kill(broker, signal.SIGKILL)
        running.service.wait(resident.SECONDS)
        serve(running, installation)
        sending.join()
    emptied(running)
    check(running, numbers, 0)
