"""Who says nothing is hung up on, and is the first to leave; who has asked is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import uvicorn
from starlette.types import Receive, Scope, Send

from mdafilter_policyd.web.connection import Connection
from mdafilter_policyd.web.run import Server
from tests.support.policyd_daemon import SECONDS
from tests.support.policyd_web import until

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"


class Quick(Connection):
    HEAD_SECONDS = 0.2
    ANSWER_SECONDS = 0.2


class Narrow(Connection):
    MOST = 3


class Peer:
    """One who connects."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, text: bytes) -> None:
        self.writer.write(text)

    async def answer(self) -> bytes:
        """The first line; "" where it was hung up on."""
        try:
            async with asyncio.timeout(SECONDS):
                line = await self.reader.readline()
                while line.strip() and (await self.reader.readline()).strip():
                    pass
                return line
        except ConnectionError:
            return b""


Connect = Callable[[], Awaitable[Peer]]


def served(
    kind: type[Connection], work: Callable[[Connect, uvicorn.Server], Awaitable[None]], *, waits: float = 0.0
) -> None:
    """An answer of nothing to whatever comes, after the whole of it has come and after a while."""

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(waits)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def main() -> None:
        config = uvicorn.Config(app, http=kind, lifespan="off", ws="none", log_config=None, port=0)
        server = Server(config)
        running = asyncio.ensure_future(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        made: list[Peer] = []

        async def connect() -> Peer:
            made.append(Peer(*await asyncio.open_connection("127.0.0.1", port)))
            return made[-1]

        await work(connect, server)
        for peer in made:
            peer.writer.close()
            with suppress(ConnectionError):
                await peer.writer.wait_closed()
        server.end()
        await running

    asyncio.run(main())


def test_who_has_no_whole_head_in_time_is_hung_up_on() -> None:
    async def work(connect: Connect, _server: uvicorn.Server) -> None:
        for said in (b"", HEAD[:-2], b"GET"):
            peer = await connect()
            peer.say(said)
            assert await peer.answer() == b""

    served(Quick, work)


def test_who_is_answered_may_ask_again_and_then_has_as_long_as_before() -> None:
    async def work(connect: Connect, _server: uvicorn.Server) -> None:
        peer = await connect()
        for _ in range(3):
            peer.say(HEAD)
            assert b" 204 " in await peer.answer()
        peer.say(HEAD + HEAD)
        assert b" 204 " in await peer.answer() and b" 204 " in await peer.answer()
        peer.say(HEAD[:-1])
        assert await peer.answer() == b""

    served(Quick, work)


def test_an_answer_that_never_comes_and_a_form_that_never_ends() -> None:
    async def work(connect: Connect, _server: uvicorn.Server) -> None:
        for said in (HEAD, FORM):
            peer = await connect()
            peer.say(said)
            assert await peer.answer() == b""

    served(Quick, work, waits=3.0)


def test_the_oldest_of_the_silent_leaves() -> None:
    async def work(connect: Connect, server: uvicorn.Server) -> None:
        async def one(said: bytes) -> Peer:
            peer = await connect()
            peer.say(said)
            return peer

        silent = await one(HEAD[:-1])
        form = await one(FORM)
        await until(lambda: len(server.server_state.connections) == 2)
        third = await one(b"")
        await until(lambda: len(server.server_state.connections) == 3)
        fourth = await one(HEAD)
        assert b" 204 " in await fourth.answer() and await silent.answer() == b""
        fifth = await one(HEAD)
        assert b" 204 " in await fifth.answer() and await form.answer() == b""
        third.say(HEAD)
        assert b" 204 " in await third.answer()

    served(Narrow, work)


def test_who_is_being_answered_stays_and_who_comes_then_leaves() -> None:
    async def work(connect: Connect, server: uvicorn.Server) -> None:
        asked = []
        for _ in range(3):
            peer = await connect()
            peer.say(HEAD)
            asked.append(peer)
        await until(lambda: len(server.server_state.tasks) == 3)
        late = await connect()
        assert await late.answer() == b""
        for peer in asked:
            assert b" 204 " in await peer.answer()

    served(Narrow, work, waits=1.0)
