"""The learner is killed at random with the real sa-learn: no report is lost, and none is learned twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest

from mdafilter.train.teachers import Counts
from tests.e2e.test_train_learn import Site, site
from tests.support import salearn

__all__ = ["site"]  # the fixture

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing() or "it is here"),
]
ROUNDS = 8


def test_killed_at_random(site: Site) -> None:
    """Only the learner is killed; its sa-learn goes on, and holds the lock until it has saved what it learned."""
    chance = random.Random(6)
    total = ROUNDS * 10
    usual = _usual(site, total)
    for round_ in range(ROUNDS):
        for number in range(10):
            site.report(round_ * 10 + number)
        with site.start() as learner:
            time.sleep(chance.uniform(0.1, 1.2) * usual)
            learner.kill()
    _until_learned(site)
    assert site.counts() == Counts(total + 1, 0)
    lines = site.lines()
    assert sorted(str(line["subject"]) for line in lines) == sorted(f"minutes {n}" for n in range(total + 1))
    assert {line["result"] for line in lines} <= {"learned", "known"}


def test_sa_learn_is_killed_too(site: Site) -> None:
    """SpamAssassin writes when it has learned all: what was killed before that has learned nothing."""
    chance = random.Random(7)
    usual = _usual(site, 60)
    for number in range(60):
        site.report(number)
    for _ in range(5):
        with site.start() as learner:
            time.sleep(chance.uniform(0.3, 1.2) * usual)
            running = _children(learner.pid)
            learner.kill()
            for process in running:
                os.kill(process, signal.SIGKILL)
        for lock in site.folder.glob("bayes.lock*"):
            lock.unlink()  # as SpamAssassin does with one that is ten minutes old
    _until_learned(site)
    assert site.counts() == Counts(61, 0)
    assert len(site.lines()) == 61


def _usual(site: Site, number: int) -> float:
    """The seconds of a learner that nobody disturbs; it learns this message."""
    site.report(number)
    began = time.monotonic()
    assert site.learn() == "1 learned\n"
    return time.monotonic() - began


def _until_learned(site: Site) -> None:
    until = time.monotonic() + 120
    while site.waiting() and time.monotonic() < until:
        site.learn()
        time.sleep(0.2)
    assert site.waiting() == []


def _children(pid: int) -> list[int]:
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in done.stdout.split()]
