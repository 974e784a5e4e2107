"""Who need not wait because somebody has said so: exceptions, open windows, correspondents.

    exception   192.0.2.7 or 192.0.2.0/24           an admin has approved it
    open        bob@b.example                       its owner waits for a message, from whomever
    known       ann@a.example bob@b.example         bob has written to ann (greykey.py)

The first two are few, and made by people: they are read from the store as a whole, a second after they were read last,
so that they cost nothing per request and are in force by the next try of any client.

In:    a Store, that others write to.
Out:   the kind of the excuse; "" is none.
Fails: StoreError goes through. A key that is no address or network excuses nobody.
"""

from __future__ import annotations

from mdafilter_policyd import limits
from mdafilter_policyd.checks.greykey import Keys, openings
from mdafilter_policyd.checks.whitelists import Networks
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Store

FRESH = 1.0  # seconds


class Excuses:
    """What the store says, by the second."""

    def __init__(self, store: Store, keys: Keys, known: bool) -> None:
        self._store = store
        self._keys = keys
        self._known = known
        self._read = float("-inf")
        self._exceptions = Networks()
        self._open: frozenset[str] = frozenset()

    async def find(self, request: Request, now: float) -> str:
        """The excuse for this client, recipient or sender."""
        if not 0 <= now - self._read < FRESH:
            await self._refresh(now)
        if self._exceptions.find(request.client_address):
            return "exception"
        if self._open and not self._open.isdisjoint(openings(request.recipient)):
            return "open"
        if self._known and request.sender:
            key = self._keys.known(request.sender, request.recipient)
            return "known" if await self._store.get("known", key, now) else ""
        return ""

    async def _refresh(self, now: float) -> None:
        """Others go on with what was read before, unless reading fails."""
        before, self._read = self._read, now
        try:
            exceptions, opened = Networks(), set()
            async for key, _ in self._store.scan("exception", now):
                try:
                    exceptions.add(key)
                except ValueError:
                    continue
            async for key, _ in self._store.scan("open", now):
                opened.add(key)
                if len(opened) >= limits.GREY_OPEN:
                    break
        except BaseException:
            self._read = before
            raise
        self._exceptions, self._open = exceptions, frozenset(opened)
