"""The server: requests of many connections, each answered by `answer`.

Postfix' smtpd(8) processes hold a connection each, and ask one question after the other. Here a connection is a task:
it takes a request, waits for the answer, writes it, and takes the next one. So what is asked in one go is answered in
order, and a question that waits for the DNS holds up its own connection alone.

Nobody disturbs others:
    who sends slowly, or nothing     costs a connection, until `idle` seconds have gone by without a whole request
    who sends without end            is cut off (protocol.py)
    who sends much in one go         is read no further while there is much to answer, and gives way now and then
    who never reads the answers      is not answered any more, and cut off after `idle` seconds
    who connects without end         where there are `connections`, the one that has waited longest for its client goes;
                                     smtpd(8) connects again when it has a question

In:    listening sockets; a coroutine function from Request to the text of an action.
Out:   answers. After `stop` nothing new is accepted, what has been asked is answered, and `run` returns.
Fails: what `answer` raises is logged, and is answered DUNNO: mail goes on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from mdafilter_policyd import limits
from mdafilter_policyd.listen import room
from mdafilter_policyd.protocol import NOTHING, Decoder, ProtocolError, encode
from mdafilter_policyd.request import Request

LOG = logging.getLogger(__name__)


class Server:
    """All connections. `stop` belongs into the thread of `run`."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        answer: Callable[[Request], Awaitable[str]],
        *,
        connections: int = limits.CONNECTIONS,
        idle: float = limits.IDLE_SECONDS,
    ) -> None:
        self.answer = answer
        self.stopping = False
        # One for all: what came is taken out of it at once. A new one for each read costs more than the answer.
        self.buffer = memoryview(bytearray(limits.REQUEST_OCTETS))
        self.open: set[_Connection] = set()
        self.waiting: dict[_Connection, float] = {}  # for their clients, since when; the longest first
        self._sockets = sockets
        self._most = connections
        self._idle = idle
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`, and the end of what was asked before."""
        loop = asyncio.get_running_loop()
        self._most = min(self._most, room(self._most))
        listening = [
            await loop.create_server(lambda: _Connection(self), sock=each, backlog=limits.BACKLOG)
            for each in self._sockets
        ]
        try:
            while not self.stopping:
                await self._sleep(self._idle / 10)
                self._cut(loop.time() - self._idle)
            for each in listening:
                each.close()
            for connection in self.open:
                connection.wake()
            # A client that does not read does not keep us.
            end = loop.time() + 2 * limits.REQUEST_SECONDS
            while self.open and loop.time() < end:
                await self._sleep(end - loop.time())
        finally:
            for each in listening:
                each.close()
            for connection in list(self.open):
                connection.cancel()

    def stop(self) -> None:
        """Nothing new is accepted; `run` ends when the requests in hand have been answered."""
        self.stopping = True
        self._changed.set()

    def has(self, connection: _Connection) -> bool:
        """A new one; False where there is no room, and none can be had."""
        if self.stopping:
            return False
        if len(self.open) >= self._most:
            if not self.waiting:
                LOG.warning("all %d connections are busy: one more is not taken", self._most)
                return False
            self._drop(next(iter(self.waiting)))
        self.open.add(connection)
        self.waiting[connection] = asyncio.get_running_loop().time()
        return True

    def gone(self, connection: _Connection) -> None:
        """It has ended."""
        self.waiting.pop(connection, None)
        self.open.discard(connection)
        if self.stopping and not self.open:
            self._changed.set()

    def _cut(self, before: float) -> None:
        """Those that have waited since before then."""
        for connection in [each for each, since in self.waiting.items() if since <= before]:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        # At once, so that it counts no more: its end comes with the next turn of the loop.
        del self.waiting[connection]
        self.open.discard(connection)
        connection.abort()

    async def _sleep(self, seconds: float) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass  # then it is time to look


class _Connection(asyncio.BufferedProtocol):
    """One client. A single task takes turns of reading, answering and writing; what happens meanwhile wakes it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._decoder = Decoder()
        self._wake: asyncio.Future[None] | None = None
        self._full = False  # the client does not read
        self._ended = False  # it sends no more
        self._lost = False
        self._transport: asyncio.Transport
        self._task: asyncio.Task[None]

    # --- what happens to it: asyncio calls these ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._server.has(self):
            self._task = asyncio.get_running_loop().create_task(self._serve())
        else:
            self.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._decoder.feed(self._server.buffer[:nbytes])
        if len(self._decoder) > limits.REQUEST_OCTETS:
            self._transport.pause_reading()
        self.wake()

    def eof_received(self) -> bool:
        self._ended = True
        self.wake()
        return True  # what it has asked before is answered; then we close

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self.wake()

    # --- what the server does with it --------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something has changed: the task looks."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def abort(self) -> None:
        """Ends it, whatever was not written yet."""
        self._transport.abort()

    def cancel(self) -> None:
        """Ends it, whatever it waits for."""
        self._task.cancel()

    # --- its task ----------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        try:
            await self._requests()
            self._transport.close()
            while not self._lost:  # until the last answer has left
                await self._change()
        except ProtocolError as wrong:
            LOG.warning("a connection to the policy service is closed: %s", wrong)
        finally:
            self._transport.abort()
            self._server.gone(self)

    async def _requests(self) -> None:
        """Answers what is asked, until the client or the server ends."""
        server, decoder, turn = self._server, self._decoder, 0
        clock = asyncio.get_running_loop().time
        while not self._lost:
            request = decoder.next()
            if request is None:
                if self._ended or server.stopping:
                    return
                self._transport.resume_reading()
                await self._change()
                turn = 0
                continue
            server.waiting.pop(self, None)
            self._transport.write(encode(await self._answer(request)))
            server.waiting[self] = clock()
            while self._full and not self._lost:
                await self._change()
            turn += 1
            if turn % limits.BURST == 0:
                await asyncio.sleep(0)

    async def _answer(self, request: Request) -> str:
        """Also where its client has gone meanwhile: what has been begun is not left half done."""
        try:
            return await self._server.answer(request)
        except asyncio.CancelledError:
            if self._task.cancelling():
                raise
            LOG.exception("a request was given up within; it is answered %s", NOTHING)
        except Exception:
            LOG.exception("a request could not be answered; it is answered %s", NOTHING)
        return NOTHING

    async def _change(self) -> None:
        """Until `wake`."""
        self._wake = asyncio.get_running_loop().create_future()
        await self._wake
