"""What the service has done since its start (or since it took over from an older one), for --status and the metrics.

The broker counts in a Book, and tells what it has counted as one line of JSON: to whoever connects to the status
socket, with a row for each user, and to the metrics process without. It reads nothing for it and waits for nothing.

Who reads the line may be of another version than who wrote it: a figure that is not there, or is no number, is None,
and what is not known here is not looked at.

In:    a Book, the Pool, and the time by two clocks. Out: JSON.
Fails: never; a text that is no JSON reads as no figures at all.
"""

from __future__ import annotations

import heapq
import json
import math
import os

from mdafilter import VERSION, limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mdafilter.serve.pool import Member, Pool

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0)  # seconds
ASK = b"m"  # what the metrics process sends to the broker for figures()

DECLINED = 64  # in the books, a request that a worker did not take: its client delivers without us
OUTCOMES = {0: "delivered", 75: "deferred", 77: "refused", 67: "refused", DECLINED: "declined"}  # of exit statuses


class Book:
    """Counts. `ends`: deliveries by exit status; `times[i]`: those that took BUCKETS[i] or less, and no less bucket."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.hired = 0
        self.died = 0
        self.refused = 0
        self.ends: dict[int, int] = {}
        self.times = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.users: dict[int, int] = {}

    def done(self, uid: int, status: int, seconds: float) -> None:
        """One delivery has ended."""
        self.ends[status] = self.ends.get(status, 0) + 1
        self.users[uid] = self.users.get(uid, 0) + 1
        self.seconds += seconds
        self.times[next((i for i, most in enumerate(BUCKETS) if seconds <= most), len(BUCKETS))] += 1

    def outcomes(self) -> dict[str, int]:
        """The deliveries by what became of them. Whatever is not known is "try again" to a client."""
        counts = dict.fromkeys(OUTCOMES.values(), 0)
        for status, count in self.ends.items():
            counts[OUTCOMES.get(status, "deferred")] += count
        return counts


# --- told by the broker ---


def figures(book: Book, pool: Pool, now: float, today: float) -> dict[str, object]:
    """All that names no user, and always has the same size.

    `now` is by the clock of the pool, `today` by that of the book.
    """
    busy = [now - m.busy for m in pool.members.values() if m.busy is not None]
    return {
        "version": VERSION,
        "pid": os.getpid(),
        "since": round(book.since, 3),
        "uptime": round(max(0.0, today - book.since), 3),
        "messages": book.outcomes(),
        "buckets": BUCKETS,
        "times": book.times,
        "seconds": round(book.seconds, 3),
        "workers": len(pool.members),
        "busy": len(busy),
        "longest": round(max(busy, default=0.0), 3),
        "most": pool.size.workers,
        "waiting": pool.queued(),
        "hired": book.hired,
        "died": book.died,
        "refused": book.refused,
    }


def snapshot(book: Book, pool: Pool, now: float, today: float) -> str:
    """The figures and the users, as one line of JSON; of many users those who keep the service busiest."""
    uids = book.users.keys() | pool.teams.keys() | pool.waiting.keys()
    shown = heapq.nlargest(
        limits.STATUS_USERS, uids, key=lambda uid: (len(pool.teams.get(uid, ())), book.users.get(uid, 0))
    )
    told = {
        **figures(book, pool, now, today),
        "users": [_user(uid, book, pool, now) for uid in shown],
        "more_users": len(uids) - len(shown),
    }
    return f"{json.dumps(told)}\n"


def _user(uid: int, book: Book, pool: Pool, now: float) -> dict[str, object]:
    team: Sequence[Member] = pool.teams.get(uid, ())
    busy = [now - m.busy for m in team if m.busy is not None]
    return {
        "uid": uid,
        "workers": len(team),
        "busy": len(busy),
        "longest": round(max(busy, default=0.0), 3),
        "waiting": len(pool.waiting.get(uid, ())),
        "messages": book.users.get(uid, 0),
    }


# --- read by whoever shows it ---


def read(text: str | bytes) -> dict[str, object]:
    """What was told."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def number(told: Mapping[str, object], name: str) -> float | None:
    """A figure; None where it is not known."""
    return _number(told.get(name))


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def outcomes(told: Mapping[str, object]) -> dict[str, float]:
    """The messages by outcome."""
    counts = told.get("messages")
    found = {name: number(counts, name) for name in counts} if isinstance(counts, dict) else {}
    return {name: count for name, count in found.items() if count is not None}


def times(told: Mapping[str, object]) -> list[tuple[float, float]]:
    """Rows of a bound in seconds, and of how many deliveries took that long or less; the last bound is infinite."""
    buckets, counts = told.get("buckets"), told.get("times")
    if not isinstance(buckets, list) or not isinstance(counts, list) or len(counts) != len(buckets) + 1:
        return []
    rows, below, total = [], 0.0, 0.0
    for bound, count in zip([*map(_number, buckets), math.inf], map(_number, counts), strict=True):
        if bound is None or count is None or bound <= below or count < 0:
            return []
        below, total = bound, total + count
        rows.append((bound, total))
    return rows


def quantile(rows: list[tuple[float, float]], share: float) -> float | None:
    """The time that this share of deliveries did not exceed: within its bucket as if they were spread evenly.

    None where there are none; past the last bound, that bound.
    """
    rank = share * rows[-1][1] if rows else 0.0
    below, before = 0.0, 0.0
    for bound, count in rows:
        if rank and count >= rank:
            return below if math.isinf(bound) else below + (bound - below) * (rank - before) / (count - before)
        below, before = bound, count
    return None
