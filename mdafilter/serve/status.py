"""What the service has done since its start, for --status and for Prometheus."""

from __future__ import annotations

import json

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.serve.pool import Pool

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0)  # seconds


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


def snapshot(book: Book, pool: Pool, now: float) -> str:
    """The figures as one line of JSON."""
    workers = [
        {
            "uid": m.uid,
            "messages": m.messages,
            "busy": round(now - m.busy, 3) if m.busy is not None else None,
            "idle": round(now - m.free, 3) if m.busy is None else None,
        }
        for m in pool.members.values()
    ]
    told = {
        "since": book.since,
        "waiting": pool.queued(),
        "workers": workers,
        "hired": book.hired,
        "died": book.died,
        "refused": book.refused,
        "ends": {str(code): count for code, count in sorted(book.ends.items())},
        "seconds": round(book.seconds, 3),
        "times": book.times,
        "users": {str(uid): count for uid, count in sorted(book.users.items())},
    }
    return json.dumps(told) + "\n"
