"""SIGKILL at random moments of real deliveries, then the retry that an MTA makes: nothing lost, doubled or left over."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter import limits
from mdafilter.acts import Box, File, Keep
from mdafilter.errors import TryAgain
from mdafilter.perform import perform
from tests.support.mailboxes import BODY, ENVELOPE, decision, delivered, drafts, mailbox, message, within
from tests.support.processes import child, pause, status

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.message import Message

KILLS = int(os.environ.get("MDAFILTER_KILLS", "30"))


def deliver(home: Path, about: Message, acts: tuple[Act, ...], label: bool = True) -> int:
    try:
        receipts = perform(decision(about, *within(home, acts)), about, ENVELOPE, mailbox(home).replace(label=label))
    except TryAgain:
        return 75
    receipts.forget()
    return 0


ONE, THREE = (Keep(),), (File("Trash"), Keep(("\\Seen",)), File("c"))
FILES = (Box("mh/."), Box("plain"))
WAYS = {"one": (ONE, True), "three": (THREE, True), "three, shared": (THREE, False), "files": (FILES, True)}


@pytest.mark.parametrize(("acts", "label"), WAYS.values(), ids=WAYS)
def test_a_killed_delivery_is_completed_by_the_retry(tmp_path: Path, acts: tuple[Act, ...], label: bool) -> None:
    """Killed when all was done and forgotten, in the microseconds before its end, it leaves nothing to know it by."""
    (tmp_path / "plain").mkdir()
    rnd = random.Random(1)
    times = []
    for i in range(9):
        began = time.perf_counter()
        assert status(child(lambda i=i: deliver(tmp_path, message(-1 - i), acts, label))) == 0  # type: ignore[misc]
        times.append(time.perf_counter() - began)
    usual = statistics.median(times)
    killed = at_the_end = before = 0
    wanted = 9
    for number in range(10 * KILLS):
        if killed >= KILLS:
            break
        about = message(number)
        while True:
            pid = child(lambda: deliver(tmp_path, about, acts, label))  # noqa: B023 - it runs at once
            pause(rnd.uniform(0, 1.2 * usual))
            os.kill(pid, signal.SIGKILL)
            if (code := status(pid)) == 0:
                break
            assert code == -signal.SIGKILL
            killed += 1
            before = sum(map(len, delivered(tmp_path).values()))
            if before == (wanted + 1) * len(acts) and not drafts(tmp_path):
                at_the_end += 1
                break
        wanted += 1
        found = delivered(tmp_path)
        assert [len(contents) for contents in found.values()] == [wanted] * len(acts), f"message {number}"
        assert drafts(tmp_path) == []
    assert all(c.endswith(b"\n\n" + BODY) for contents in found.values() for c in contents)
    assert killed >= KILLS, "too few were killed for the test to mean something"
    assert at_the_end <= 1 + killed // 20


def test_two_live_deliveries_of_the_same_message_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, at the same time: the one holds the draft's lock for too long, and the other takes a name of its own."""
    monkeypatch.setattr(limits, "DRAFT_SECONDS", 0.05)
    about = message()
    first = perform(decision(about, Keep()), about, ENVELOPE, mailbox(tmp_path))
    assert status(child(lambda: deliver(tmp_path, about, (Keep(),)))) == 0
    first.forget()
    assert len(delivered(tmp_path)[""]) == 2
    assert drafts(tmp_path) == []


def test_the_same_message_again_is_delivered_again(tmp_path: Path) -> None:
    """What was answered is forgotten: who sends the same octets later gets them delivered."""
    about = message()
    for _ in range(3):
        assert deliver(tmp_path, about, (Keep(),)) == 0
    assert len(delivered(tmp_path)[""]) == 3
