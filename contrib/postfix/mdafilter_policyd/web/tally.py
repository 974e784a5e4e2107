"""What the decisions come to, hour by hour: counted once, and followed from then on.

The file is read from where the last look ended, also when it has been rotated meanwhile; the first look begins OCTETS
before its end. "Came back" is as in report.py.

In:    the path of the decisions.
Out:   a Tally: totals by check and outcome, and for each of the last HOURS a count of each series and of the clients.
       The series: "accepted", "greylisted", "came back", "refused CHECK", "deferred CHECK", "would refuse CHECK",
       "would defer CHECK".
Memory: bounded: CLIENTS of an hour, WAITING messages that may come back.
Fails: OSError.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from mdafilter.journal import read
from mdafilter_policyd import report
from mdafilter_policyd.decisions import Entry, parse

HOURS = 7 * 24
OCTETS = 64 * 1024 * 1024  # that the first look reads: about 200,000 decisions, and some seconds
CLIENTS = 1000  # of an hour; above twice as many those with the fewest refusals are forgotten
WAITING = 100_000
CHECKS = 100  # names of checks: what a file says is not believed to be one of ours
_BITE = 1024 * 1024


class Tally:
    """The counts. `update` may be called by several threads."""

    def __init__(self, path: str, octets: int = OCTETS) -> None:
        self._path = path
        self._octets = octets
        self._lock = threading.Lock()
        self._inode = -1
        self._offset = 0
        self._rest = b""
        self._waiting: dict[tuple[str, str, str], str] = {}
        self._names: set[str] = set()
        self.answers = 0
        self.totals: Counter[tuple[str, str]] = Counter()  # by check and outcome
        self.hours: dict[int, Counter[str]] = {}  # by hours since the epoch
        self.clients: dict[int, Counter[str]] = {}  # refusals and deferrals

    def update(self) -> None:
        """Counts what is new."""
        with self._lock:
            for line in self._new():
                if (entry := parse(line)) is not None:
                    self._count(entry)
            self._forget()

    def series(self, last: int, hours: int) -> dict[str, list[int]]:
        """By name, the counts of so many hours up to the last one."""
        with self._lock:
            names = sorted({name for hour in range(last - hours + 1, last + 1) for name in self.hours.get(hour, ())})
            none: Counter[str] = Counter()
            span = range(last - hours + 1, last + 1)
            return {name: [self.hours.get(hour, none)[name] for hour in span] for name in names}

    def top(self, last: int, hours: int, most: int = 20) -> list[tuple[str, int]]:
        """The clients that were refused or deferred most often."""
        with self._lock:
            total: Counter[str] = Counter()
            for hour in range(last - hours + 1, last + 1):
                total.update(self.clients.get(hour, {}))
            return total.most_common(most)

    def _new(self) -> Iterator[bytes]:
        """Lines that no look has seen, oldest first."""
        names = read.files(self._path)
        opened = []
        try:
            for name in names:
                try:
                    fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
                except FileNotFoundError:
                    continue  # rotated meanwhile: it is there under its next name, or is looked at the next time
                opened.append((fd, os.fstat(fd)))
                if opened[-1][1].st_ino == self._inode:
                    break
            left = self._octets
            begins = []
            for fd, stat in opened:
                known = stat.st_ino == self._inode and stat.st_size >= self._offset
                begin = self._offset if known else max(0, stat.st_size - left)
                left = max(0, left - (stat.st_size - begin))
                begins.append((fd, begin, known))
            for fd, begin, known in reversed(begins):
                if not known:
                    self._rest = b""
                yield from self._lines(fd, begin)
        finally:
            for fd, _stat in opened:
                os.close(fd)

    def _lines(self, fd: int, offset: int) -> Iterator[bytes]:
        self._inode = os.fstat(fd).st_ino
        while part := os.pread(fd, _BITE, offset):
            offset += len(part)
            *lines, rest = (self._rest + part).split(b"\n")
            self._rest = rest[-_BITE:]
            self._offset = offset
            yield from lines

    def _count(self, entry: Entry) -> None:
        self.answers += 1
        hour = int(entry.time // 3600)
        counts = self.hours.setdefault(hour, Counter())
        kind = report.kind(entry.action)
        # Nobody decided: no check had anything to say, or it was the points of several.
        check = self._name(entry.by or ("none" if kind == "pass" else "points"))
        if kind == "pass":
            counts["accepted"] += 1
            self.totals[check, "accepted"] += 1
            by = self._waiting.pop(report.message(entry), "") if self._waiting else ""
            if by:
                counts["came back"] += 1
                self.totals[by, "came back"] += 1
        elif kind in ("refuse", "defer"):
            outcome = "refused" if kind == "refuse" else "deferred"
            self.totals[check, outcome] += 1
            counts["greylisted" if (check, kind) == ("greylist", "defer") else f"{outcome} {check}"] += 1
            self._client(hour, entry.client)
            if kind == "defer" and entry.recipient:
                self._waiting[report.message(entry)] = check
        for name, action in entry.would:
            would = report.kind(action)
            if would in ("refuse", "defer"):
                counts[f"would {would} {self._name(name)}"] += 1
                self.totals[self._name(name), f"would {would}"] += 1

    def _name(self, check: str) -> str:
        if check not in self._names:
            if len(self._names) == CHECKS or len(check) > 40:
                return "other"
            self._names.add(check)
        return check

    def _client(self, hour: int, client: str) -> None:
        counts = self.clients.setdefault(hour, Counter())
        counts[client[:64]] += 1
        if len(counts) > 2 * CLIENTS:
            self.clients[hour] = Counter(dict(counts.most_common(CLIENTS)))

    def _forget(self) -> None:
        if len(self._waiting) > WAITING:
            for key in list(islice(self._waiting, len(self._waiting) - WAITING)):
                del self._waiting[key]
        newest = max(self.hours, default=0)
        for known in (self.hours, self.clients):
            for hour in [hour for hour in known if hour <= newest - HOURS]:
                del known[hour]
