"""What is only looked at stays as it was."""

from __future__ import annotations

import asyncio

from mdafilter_policyd.store import Record
from mdafilter_policyd.store.looking import Looking
from mdafilter_policyd.store.memory import Memory


def test_nothing_is_remembered_of_it() -> None:
    async def body() -> None:
        kept = Memory()
        looking = Looking(kept)
        assert await looking.touch("grey", "new", 100, 60, "x") == Record(100, 100, 1, "x")
        await kept.touch("grey", "old", 50, 600, "y")
        assert await looking.touch("grey", "old", 100, 60) == Record(50, 100, 2, "y")
        await looking.put("grey", "new", Record(1, 1, 1), 1000)
        await looking.delete("grey", "old")
        assert await looking.get("grey", "new", 100) is None
        assert [key async for key, _record in looking.scan("grey", 100)] == ["old"]
        await kept.add("rate", "a", 5, 100, 60)
        assert await looking.add("rate", "a", 2, 100, 60) == 7
        assert await looking.add("rate", "a", 2, 100, 60) == 7
        assert await looking.expire(1e9) == 0
        assert await kept.get("grey", "old", 100) == Record(50, 50, 1, "y")
        await looking.close()

    asyncio.run(body())
