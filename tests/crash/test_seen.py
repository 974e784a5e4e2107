"""SIGKILL while a message is delivered that leaves something to be remembered: it is no duplicate of itself.

RFC 7352 section 3: "situations in which the "duplicate" test erroneously yields "true" MUST be prevented".
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from mdafilter import engine, seen
from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.outside import Outside
from mdafilter.perform import perform
from mdafilter.plan import Scene
from mdafilter.settings import Settings
from tests.support.mailboxes import ENVELOPE, delivered, mailbox, message
from tests.support.processes import child, pause, status
from tests.support.script import compiled

KILLS = int(os.environ.get("MDAFILTER_KILLS", "30"))
PLAN = compiled('require "duplicate"; if duplicate { discard; }').plan


def deliver(home: Path, about: Message) -> int:
    box = mailbox(home).replace(memory=seen.folder({}, str(home), str(home / "Maildir")))
    world = Outside(Settings(), ENVELOPE, box.root, home=str(home), environ={}, octets=about.octets)
    try:
        decision = engine.run([PLAN], Scene(about, ENVELOPE, world))
        receipts = perform(decision, about, ENVELOPE, box)
    except TryAgain:
        return 75
    receipts.forget()
    return 0


def with_id(number: int) -> Message:
    octets = message(number).octets
    return Message.parse(f"Message-ID: <{number}@x.test>\n".encode() + octets.slice(0, len(octets)))


def test_each_message_comes_once_and_its_duplicate_never(tmp_path: Path) -> None:
    rnd = random.Random(7)
    began = time.perf_counter()
    assert status(child(lambda: deliver(tmp_path, with_id(0)))) == 0
    usual = time.perf_counter() - began
    killed, number = 0, 0
    while killed < KILLS:
        number += 1
        about = with_id(number)
        while True:
            pid = child(lambda: deliver(tmp_path, about))  # noqa: B023 - it runs at once
            pause(rnd.uniform(0, 1.2 * usual))
            os.kill(pid, signal.SIGKILL)
            code = status(pid)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            killed += 1
        there = sum(map(len, delivered(tmp_path).values()))
        assert there == number + 1, f"message {number} is there {there - number} times"
    again = with_id(number)
    other = Message.parse(b"Received: by another way\n" + again.octets.slice(0, len(again.octets)))
    for duplicate in (again, other):
        assert status(child(lambda: deliver(tmp_path, duplicate))) == 0  # noqa: B023 - it runs at once
        assert sum(map(len, delivered(tmp_path).values())) == number + 1
