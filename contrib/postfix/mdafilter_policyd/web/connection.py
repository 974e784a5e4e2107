"""A connection of a browser, with the bounds that uvicorn's own has not: who says nothing holds up nobody.

    HEAD_SECONDS     until the head of a request is whole, from the connection or the last answer on
    ANSWER_SECONDS   from then until the answer has been taken
    MOST             connections of all; one more, and the oldest leaves of those that have not said all they have to

So whoever opens connections and is silent only pushes out others of the same kind. One that has sent its request, as a
browser does at once, is not pushed out, and is answered.

In:    what uvicorn gives to the protocol of its configuration (`http`).
Fails: never. A connection that is too late is closed without a word.

Known bug: who opens MOST connections in less time than a request needs to arrive pushes out honest ones. A proxy in
front that knows its clients by address is the place for such a limit.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """One of them."""

    HEAD_SECONDS = 10.0
    ANSWER_SECONDS = 60.0  # a request is mailed meanwhile, which may take mail.SECONDS
    MOST = 400  # well below the 1024 files that a process may have open as it comes

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._answers = False

    @property
    def is_silent(self) -> bool:
        """Whether it is the other end's turn: a head or the rest of a form is missing."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._begin(answers=False)
        if len(self.connections) > self.MOST:
            others = [one for one in self.connections if isinstance(one, Connection) and one.is_silent]
            min(others, key=lambda one: one._since).transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._answers and self.conn.their_state is not h11.IDLE:
            self._begin(answers=True)

    def on_response_complete(self) -> None:
        self._begin(answers=False)
        super().on_response_complete()
        if self.conn.their_state is not h11.IDLE:  # the next request was there already
            self._begin(answers=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self, *, answers: bool) -> None:
        self._end()
        self._answers, self._since = answers, self.loop.time()
        seconds = self.ANSWER_SECONDS if answers else self.HEAD_SECONDS
        self._clock = self.loop.call_later(seconds, self.transport.abort)

    def _end(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
