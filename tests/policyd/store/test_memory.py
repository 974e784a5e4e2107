"""The store that ends with its process."""

from __future__ import annotations

import asyncio

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.store.memory import Memory


def test_what_was_seen_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMORY_RECORDS", 3)

    async def work() -> None:
        memory = Memory()
        for key in "abcad":
            await memory.touch("grey", key, 1.0, 100.0)
            await memory.add("rate", key, 1, 1.0, 100.0)
        assert [k async for k, _ in memory.scan("grey", 1.0)] == ["c", "a", "d"]
        assert await memory.add("rate", "a", 1, 1.0, 100.0) == 3
        assert await memory.add("rate", "b", 1, 1.0, 100.0) == 1

    asyncio.run(work())


def test_what_expires_is_counted_and_sums_go_with_it() -> None:
    async def work() -> None:
        memory = Memory()
        for n in range(5):
            await memory.touch("grey", str(n), 1.0, float(n))
        await memory.add("rate", "k", 1, 1.0, 10.0)
        assert await memory.expire(3.5) == 3
        assert await memory.expire(21.0) == 2
        assert memory._sums == {}

    asyncio.run(work())
