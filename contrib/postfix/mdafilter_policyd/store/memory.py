"""memory: -- a Store that ends with its process.

In:    what touch, put and add bring, up to limits.MEMORY_RECORDS of each sort; what was seen longest ago goes first.
Out:   records, by a dict; the order of the dict is that in which they were written.
Fails: never.
Known bugs: several processes (--processes) do not know of each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from mdafilter_policyd import limits
from mdafilter_policyd.store import Record, slid


class Memory:
    def __init__(self) -> None:
        self._records: dict[tuple[str, str], tuple[Record, float]] = {}
        self._sums: dict[tuple[str, str, float], tuple[int, int, int]] = {}  # bucket, current, previous

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        record, until = self._records.pop((kind, key), (None, now))
        if record is None or until < now:
            record, until = Record(now, now, 1, value), now + ttl
        else:
            record = replace(record, last=now, count=record.count + 1, value=value or record.value)
        self._records[kind, key] = record, max(until, now + ttl)
        if len(self._records) > limits.MEMORY_RECORDS:
            del self._records[next(iter(self._records))]
        return record

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        record, until = self._records.get((kind, key), (None, now))
        return record if now <= until else None

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        self._records.pop((kind, key), None)
        self._records[kind, key] = record, until
        if len(self._records) > limits.MEMORY_RECORDS:
            del self._records[next(iter(self._records))]

    async def delete(self, kind: str, key: str) -> None:
        self._records.pop((kind, key), None)

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        number = int(now // window)
        bucket, current, previous = self._sums.pop((kind, key, window), (number, 0, 0))
        if number > bucket:
            bucket, current, previous = number, 0, current if number == bucket + 1 else 0
        current += min(amount, limits.STORE_AMOUNT)
        self._sums[kind, key, window] = bucket, current, previous
        if len(self._sums) > limits.MEMORY_RECORDS:
            del self._sums[next(iter(self._sums))]
        return slid(bucket, current, previous, now, window)

    async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        for number, (theirs, key) in enumerate(list(self._records)):
            if theirs == kind and (record := await self.get(kind, key, now)):
                yield key, record
            if number % limits.STORE_BITE == 0:
                await asyncio.sleep(0)

    async def expire(self, now: float) -> int:
        removed = 0
        for number, which in enumerate(list(self._records)):
            if which in self._records and self._records[which][1] < now:
                del self._records[which]
                removed += 1
            if number % limits.STORE_BITE == 0:
                await asyncio.sleep(0)
        for number, (kind, key, window) in enumerate(list(self._sums)):
            bucket = self._sums.get((kind, key, window), (0, 0, 0))[0]
            if (bucket + 2) * window < now:
                self._sums.pop((kind, key, window), None)
            if number % limits.STORE_BITE == 0:
                await asyncio.sleep(0)
        return removed

    async def close(self) -> None:
        pass
