"""Who was greylisted and never came back: what greylist.py has in the store, for the report.

In:    a Store, the time, and the delay of [greylist].
Out:   Outstanding, the newest of them, at most limits.GREY_OUTSTANDING.
Fails: StoreError goes through.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from mdafilter_policyd import limits
from mdafilter_policyd.store import Record, Store


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A triplet that did not come back so far. With `privacy` all three are "" and `key` is all that is known."""

    client: str
    sender: str
    recipient: str
    first: float
    last: float
    tries: int
    key: str


async def outstanding(
    store: Store, now: float, delay: float = 300.0, most: int = limits.GREY_OUTSTANDING
) -> list[Outstanding]:
    """Who could have come back and has not: the newest `most` of them, the oldest first."""
    found: list[tuple[float, str, Record]] = []
    async for key, record in store.scan("grey", now):
        if not record.value and delay <= now - record.first:
            if len(found) < most:
                heapq.heappush(found, (record.first, key, record))
            elif record.first > found[0][0]:
                heapq.heapreplace(found, (record.first, key, record))
    return [_outstanding(key, record) for _, key, record in sorted(found, key=lambda item: item[:2])]


def _outstanding(key: str, record: Record) -> Outstanding:
    client, sender, recipient = key.split(" ") if key.count(" ") == 2 else ("", "", "")
    return Outstanding(client, sender, recipient, record.first, record.last, record.count, key)
