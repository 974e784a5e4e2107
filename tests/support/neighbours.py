"""Two users of one service (tests/support/resident.py): one is hostile, and the other one wants to get mail meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import resident
from tests.support.processes import child
from tests.support.resident import OTHER, UID, Account, Resident, message, owner

MESSAGES = 5  # that the other one gets each time


@contextmanager
def neighbours(installation: Path, folder: Path) -> Iterator[Resident]:
    """A service of root's, which must live to the end; what others left of it is killed with it."""
    made = Resident(installation, folder)
    resident.home(folder, UID, name="hostile")
    resident.home(folder, OTHER, name="bystander")
    made.start()
    try:
        yield made
        assert not made.ended, made.said()
    finally:
        resident.kill(made.children())
        made.stop()


def home(service: Resident, name: str = "hostile") -> Path:
    return service.folder / "homes" / name


def others_get_mail(service: Resident, before: int = 0, *, flooded: bool = False) -> None:
    """The other user's messages are delivered, each within a minute, by the service, or without it where that is
    flooded. `before` had come already."""
    numbers = range(before + 1, before + MESSAGES + 1)
    for number in numbers:
        assert service.deliver(home(service, "bystander"), message(number), uid=OTHER) == (0, "")
    assert Account(home(service, "bystander")).often(numbers, "Maildir") == {1: MESSAGES}
    told = service.status()["users"]
    served = sum(user["messages"] for user in told if user["uid"] == OTHER)
    assert flooded or served >= before + MESSAGES - 1  # the last one may not be told yet


def as_user(work: Callable[[], object], uid: int = UID) -> int:
    """The pid of a process of that user which does something."""

    def run() -> int:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        work()
        return 0

    return child(run)


def workers(service: Resident, uid: int = UID) -> list[int]:
    """Those of one user."""
    return [pid for pid in service.children() if owner(pid) == uid]
