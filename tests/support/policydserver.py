"""A Server in a thread's place: run inside of asyncio.run, asked by plain sockets of asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

from mdafilter_policyd.request import Request
from mdafilter_policyd.server import Server

Answer = Callable[[Request], Awaitable[str]]
QUESTION = b"request=smtpd_access_policy\nprotocol_state=RCPT\nn=%d\n\n"


async def echo(request: Request) -> str:
    """An answer by which a request is known."""
    return f"REJECT {request.get('n')}"


class Client:
    """One connection. What is not said to be otherwise happens within ten seconds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def answer(self) -> str:
        octets = await asyncio.wait_for(self.reader.readuntil(b"\n\n"), 10)
        assert octets.startswith(b"action=")
        return octets[len(b"action=") : -2].decode()

    async def ask(self, n: int) -> str:
        self.send(QUESTION % n)
        return await self.answer()

    async def closed(self) -> bool:
        """Whether the server hangs up; what comes before is not looked at."""
        with contextlib.suppress(ConnectionError):
            while await asyncio.wait_for(self.reader.read(65536), 10):
                pass
        return True

    def close(self) -> None:
        self.writer.close()


class Running:
    """A server, its clients, and its end."""

    def __init__(self, server: Server, place: tuple[str, int]) -> None:
        self.server = server
        self.place = place
        self.task = asyncio.get_running_loop().create_task(server.run())
        self.clients: list[Client] = []

    async def client(self) -> Client:
        made = Client(*await asyncio.open_connection(*self.place))
        self.clients.append(made)
        return made

    async def stopped(self) -> None:
        """It ends by itself when it is told to."""
        self.server.stop()
        await asyncio.wait_for(self.task, 10)


@contextlib.asynccontextmanager
async def running(answer: Answer = echo, *, connections: int = 100, idle: float = 60.0) -> AsyncIterator[Running]:
    made = socket.create_server(("127.0.0.1", 0))
    server = Running(Server([made], answer, connections=connections, idle=idle), made.getsockname())
    try:
        yield server
    finally:
        for client in server.clients:
            client.close()
        await server.stopped()


async def until(true: Callable[[], bool]) -> None:
    """Waits for it."""
    for _look in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not happen")
