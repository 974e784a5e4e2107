"""The learner that stays: when it begins the next batch.

A report is learned when none has come for limits.LEARN_QUIET_SECONDS, and at the latest when [train] late is over; what
comes while a batch is learned is the next one. So a single report is learned at once, and a hundred that come together
are one start of Perl. What a teacher could not learn is tried again after limits.LEARN_AGAIN_SECONDS.

That something has come is seen by a look at the folder, each second; there is nothing that could be missed, and nothing
to be woken by that could fail.

In:    the spool's folder, a function that learns a batch, an event that ends it.
Out:   nothing; it returns when the event is set.
Fails: as the batch does.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from mdafilter import limits
from mdafilter.train.door import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from threading import Event

    from mdafilter.train.learn import Done

_LOOK = 1.0  # seconds between two looks


def stay(
    folder: str, late: float, learn: Callable[[], Done], stop: Event, clock: Callable[[], float] = time.time
) -> None:
    """Learns whatever comes, `late` seconds after it has come at the latest, until `stop` is set."""
    tried: set[str] = set()
    again = 0.0
    while not stop.is_set():
        now = clock()
        waiting = arrivals(folder)
        if is_due(waiting, tried, now, late) or (waiting and now >= again):
            learn()
            tried = set(arrivals(folder)) & set(waiting)
            again = clock() + limits.LEARN_AGAIN_SECONDS
        else:
            stop.wait(_LOOK)


def is_due(waiting: Mapping[str, float], tried: Collection[str], now: float, late: float) -> bool:
    """Whether those that wait (with when they came) are to be learned now; those of `tried` were not learned before."""
    new = [time for name, time in waiting.items() if name not in tried]
    quiet = all(
        not 0 <= now - time < limits.LEARN_QUIET_SECONDS for time in new
    )  # a clock that was set back is no reason
    return bool(new) and (quiet or now - min(new) >= late)


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
