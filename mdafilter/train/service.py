"""The learner that stays: when it begins the next batch.

A report is learned when none has come for limits.LEARN_QUIET_SECONDS, and at the latest when [train] late is over; what
comes while a batch is learned is the next one. So a single report is learned at once, and a hundred that come together
are one start of Perl. What a teacher could not learn is tried again after limits.LEARN_AGAIN_SECONDS.

It sleeps until an event of the spool's folder wakes it (waking.py), until the time for those that wait has come, and
for `look` seconds at most. What waits is what a look at the folder finds: an event that is lost costs time, and no
report.

In:    the spool's folder, a function that learns a batch, a Waking that sleeps, and ends it.
Out:   nothing; it returns when the Waking was stopped.
Fails: as the batch does.
"""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Protocol

from mdafilter import limits
from mdafilter.train.door import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mdafilter.train.learn import Done


class Sleep(Protocol):
    """What is needed of a Waking."""

    @property
    def stopped(self) -> bool: ...

    def wait(self, seconds: float) -> None: ...


def stay(
    folder: str,
    late: float,
    learn: Callable[[], Done],
    waking: Sleep,
    look: float,
    clock: Callable[[], float] = time.time,
) -> None:
    """Learns whatever comes, `late` seconds after it has come at the latest, until `waking` is stopped."""
    tried: set[str] = set()
    again = -math.inf
    while not waking.stopped:
        now = clock()
        waiting = arrivals(folder)
        again = min(again, now + limits.LEARN_AGAIN_SECONDS)  # a clock that was set back
        begin = min(due(waiting, tried, now, late), again if waiting else math.inf)
        if begin <= now:
            learn()
            tried = set(arrivals(folder)) & set(waiting)
            again = clock() + limits.LEARN_AGAIN_SECONDS
        else:
            waking.wait(min(begin - now, look))


def due(waiting: Mapping[str, float], tried: Collection[str], now: float, late: float) -> float:
    """When those that wait (with when they came) are to be learned; those of `tried` were not learned before."""
    new = [time for name, time in waiting.items() if name not in tried]
    if not new:
        return math.inf
    past = [time for time in new if time <= now]  # a clock that was set back is no reason to wait
    quiet = max(past) + limits.LEARN_QUIET_SECONDS if past else now
    return min(quiet, min(new) + late)


def arrivals(folder: str) -> dict[str, float]:
    """The names in the spool, and when each has come."""
    found: dict[str, float] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(PARTIAL):
                try:
                    found[entry.name] = entry.stat(follow_symlinks=False).st_ctime
                except OSError:
                    continue  # it has gone: its owner took it back
    return found
