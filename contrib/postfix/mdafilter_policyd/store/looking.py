"""A store that is only looked at: what is to be written is answered as if it were, and is not.

In:    another Store.
Out:   its answers.
Fails: StoreError, where that one does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

from mdafilter_policyd.store import Record, Store


class Looking:
    """For questions that leave no trace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        old = await self._store.get(kind, key, now)
        if old is None:
            return Record(now, now, 1, value)
        return dataclasses.replace(old, last=now, count=old.count + 1, value=value or old.value)

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        return await self._store.get(kind, key, now)

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        pass

    async def delete(self, kind: str, key: str) -> None:
        pass

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        return amount + await self._store.add(kind, key, 0, now, window)

    def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        return self._store.scan(kind, now)

    async def expire(self, now: float) -> int:
        return 0

    async def close(self) -> None:
        await self._store.close()
