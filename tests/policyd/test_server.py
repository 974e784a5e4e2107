"""Many connections: each is answered in order, and nobody disturbs others."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.listen import Place, listen
from mdafilter_policyd.request import Request
from mdafilter_policyd.server import Server
from tests.support.policydserver import QUESTION, Client, echo, running, until

MANY = 10_000


def test_many_requests_of_one_connection() -> None:
    async def body() -> None:
        async with running() as server:
            client = await server.client()
            assert [await client.ask(n) for n in range(40)] == [f"REJECT {n}" for n in range(40)]

    asyncio.run(body())


def test_a_socket_of_the_file_system(tmp_path: Path) -> None:
    async def body() -> None:
        path = str(tmp_path / "socket")
        server = Server([listen(Place(path))], echo)
        task = asyncio.get_running_loop().create_task(server.run())
        client = Client(*await asyncio.open_unix_connection(path))
        assert await client.ask(1) == "REJECT 1"
        server.stop()
        assert await client.closed()
        client.close()
        await asyncio.wait_for(task, 10)
        assert Path(path).is_socket(), "another process may listen on it, or systemd"

    asyncio.run(body())


def test_a_request_octet_by_octet() -> None:
    async def body() -> None:
        async with running() as server:
            client = await server.client()
            for octet in QUESTION % 7:
                client.send(bytes([octet]))
                await client.writer.drain()
                await asyncio.sleep(0)
            assert await client.answer() == "REJECT 7"

    asyncio.run(body())


def test_requests_in_one_go_are_answered_in_order_while_others_are_not_held_up() -> None:
    """One of them waits for the DNS, say; those behind it wait with it, other connections do not."""
    gate = asyncio.Event()

    async def answer(request: Request) -> str:
        if request.get("n") == "2":
            await gate.wait()
        return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            client, other = await server.client(), await server.client()
            client.send(b"".join(QUESTION % n for n in range(100)))
            assert [await client.answer() for _ in range(2)] == ["REJECT 0", "REJECT 1"]
            assert [await other.ask(n) for n in range(3, 20)] == [f"REJECT {n}" for n in range(3, 20)]
            assert not gate.is_set()
            gate.set()
            assert [await client.answer() for _ in range(98)] == [f"REJECT {n}" for n in range(2, 100)]

    asyncio.run(body())


def test_much_in_one_go_gives_way_to_others() -> None:
    seen: list[str] = []

    async def answer(request: Request) -> str:
        seen.append(request.get("n"))
        return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            client, other = await server.client(), await server.client()
            client.send(b"".join(QUESTION % 1 for _ in range(900)))
            other.send(QUESTION % 2)
            assert await other.answer() == "REJECT 2"
            for _ in range(900):
                await client.answer()

    asyncio.run(body())
    assert seen.index("2") < 800


def test_a_deadline_can_be_set_at_once() -> None:
    """asyncio.timeout "can only be used inside a task"."""

    async def answer(request: Request) -> str:
        async with asyncio.timeout(10):
            return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            assert await (await server.client()).ask(1) == "REJECT 1"

    asyncio.run(body())


@pytest.mark.parametrize("failure", [RuntimeError("sick"), TimeoutError(), asyncio.CancelledError()])
def test_what_fails_within_stops_no_mail(failure: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    async def answer(request: Request) -> str:
        if request.get("n") == "1":
            raise failure
        return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            client = await server.client()
            assert [await client.ask(n) for n in range(3)] == ["REJECT 0", "DUNNO", "REJECT 2"]

    asyncio.run(body())
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert caplog.records[0].exc_info


@pytest.mark.parametrize("octets", [b"EHLO example.org\r\n\n\n", b"x=" + b"y" * 200_000, b"a\0=\n\n"])
def test_who_sends_no_requests_is_cut_off(octets: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with running() as server:
            client, other = await server.client(), await server.client()
            client.send(octets)
            assert await client.closed()
            assert await other.ask(1) == "REJECT 1"
            assert len(server.server.open) == 1

    asyncio.run(body())
    assert "a connection to the policy service is closed: " in caplog.text


def test_who_sends_slowly_is_cut_off_after_a_while_and_others_are_not() -> None:
    """Each octet that comes is no reason to wait anew: a whole request is."""

    async def trickle(client: Client) -> None:
        while True:
            client.send(b"x")
            await asyncio.sleep(0.01)

    async def body() -> None:
        async with running(idle=0.5) as server:
            slow, nothing, other = await server.client(), await server.client(), await server.client()
            drops = asyncio.get_running_loop().create_task(trickle(slow))
            ended = asyncio.get_running_loop().create_task(slow.closed())
            while not ended.done():
                assert await other.ask(1) == "REJECT 1"
                await asyncio.sleep(0.02)
            assert await nothing.closed()
            drops.cancel()
            assert await other.ask(2) == "REJECT 2"

    asyncio.run(body())


def test_a_request_in_hand_is_not_idle() -> None:
    async def answer(request: Request) -> str:
        await asyncio.sleep(0.6)
        return await echo(request)

    async def body() -> None:
        async with running(answer, idle=0.2) as server:
            client = await server.client()
            assert await client.ask(1) == "REJECT 1"

    asyncio.run(body())


def test_who_never_reads_is_not_answered_for_ever_and_cut_off() -> None:
    count = 0

    async def answer(request: Request) -> str:
        nonlocal count
        count += 1
        return "REJECT " + "x" * 400

    async def body() -> None:
        async with running(answer, idle=1.0) as server:
            host, port = server.place
            with socket.socket() as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.connect((host, port))
                deaf.setblocking(False)
                loop = asyncio.get_running_loop()
                octets = (QUESTION % 1) * 200_000
                sending = loop.create_task(loop.sock_sendall(deaf, octets))
                other = await server.client()
                while not sending.done():
                    assert (await other.ask(2)).startswith("REJECT x")
                    await asyncio.sleep(0.01)
                assert isinstance(sending.exception(), ConnectionError)
            await until(lambda: len(server.server.open) == 1)

    asyncio.run(body())
    assert count < 100_000


def test_where_there_is_no_room_who_has_waited_longest_goes(caplog: pytest.LogCaptureFixture) -> None:
    """smtpd(8) connects again when it has a question."""
    gate = asyncio.Event()

    async def answer(request: Request) -> str:
        if request.get("n") == "1":
            await gate.wait()
        return await echo(request)

    async def body() -> None:
        async with running(answer, connections=3) as server:
            busy, old, young = await server.client(), await server.client(), await server.client()
            assert await old.ask(5) == "REJECT 5"
            assert await young.ask(6) == "REJECT 6"
            busy.send(QUESTION % 1)
            await until(lambda: len(server.server.waiting) == 2)
            new = await server.client()
            assert await old.closed()
            assert await new.ask(7) == "REJECT 7"
            young.send(QUESTION % 1)
            new.send(QUESTION % 1)
            await until(lambda: not server.server.waiting)
            refused = await server.client()
            assert await refused.closed()
            gate.set()
            assert [await each.answer() for each in (busy, young, new)] == ["REJECT 1"] * 3
            assert await (await server.client()).ask(8) == "REJECT 8"

    asyncio.run(body())
    assert "all 3 connections are busy" in caplog.text


def test_who_has_said_all_gets_all_answers() -> None:
    """printf ... | nc: the end of what is sent comes before the answers."""

    async def answer(request: Request) -> str:
        await asyncio.sleep(0.01)
        return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            client = await server.client()
            client.send(b"".join(QUESTION % n for n in range(5)) + b"cut off=")
            client.writer.write_eof()
            assert [await client.answer() for _ in range(5)] == [f"REJECT {n}" for n in range(5)]
            assert await client.closed()

    asyncio.run(body())


def test_what_has_been_asked_is_answered_to_its_end_though_the_client_has_gone() -> None:
    done: list[str] = []
    begun = asyncio.Event()

    async def answer(request: Request) -> str:
        begun.set()
        await asyncio.sleep(0.1)
        done.append(request.get("n"))
        return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            client = await server.client()
            client.send(QUESTION % 1)
            await begun.wait()
            client.writer.transport.abort()
            await until(lambda: not server.server.open)

    asyncio.run(body())
    assert done == ["1"]


def test_at_the_end_requests_in_hand_are_answered_and_nothing_new_is_accepted() -> None:
    gate = asyncio.Event()

    async def answer(request: Request) -> str:
        await gate.wait()
        return await echo(request)

    async def body() -> None:
        async with running(answer) as server:
            busy, idle = await server.client(), await server.client()
            busy.send(QUESTION % 1 + QUESTION % 2)
            await until(lambda: len(server.server.waiting) == 1)
            server.server.stop()
            assert await idle.closed()
            assert not server.task.done()
            with pytest.raises(OSError, match="Connect call failed"):
                await asyncio.open_connection(*server.place)
            gate.set()
            assert [await busy.answer() for _ in range(2)] == ["REJECT 1", "REJECT 2"]
            assert await busy.closed()
            await asyncio.wait_for(server.task, 10)

    asyncio.run(body())


def test_a_client_that_does_not_read_does_not_keep_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.1)

    async def answer(request: Request) -> str:
        await asyncio.sleep(3600)
        raise AssertionError("never")

    async def body() -> None:
        async with running(answer) as server:
            client = await server.client()
            client.send(QUESTION % 1)
            await until(lambda: not server.server.waiting and len(server.server.open) == 1)
            await server.stopped()
            assert await client.closed()

    asyncio.run(body())


IDLE = """\
import resource, socket, sys
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
for n in range(int(sys.argv[2])):
    held.append(socket.socket(socket.AF_UNIX))
    held[-1].connect(sys.argv[1])
    if n % 2: held[-1].send(b"request=smtpd_acc")
print(len(held), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Room for one end of so many connections; the other one is another process'."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] != resource.RLIM_INFINITY and limit[1] < MANY + 2 * limits.SPARE_FILES:
        pytest.skip(f"the hard limit of open files is {limit[1]}, too low for {MANY} connections")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


@pytest.mark.usefixtures("descriptors")
def test_ten_thousand_connections_that_ask_nothing_disturb_nobody(tmp_path: Path) -> None:
    """Half of them have begun a request. The limit of open files is raised by the server itself."""

    async def body() -> None:
        path = str(tmp_path / "socket")
        server = Server([listen(Place(path))], echo)
        task = asyncio.get_running_loop().create_task(server.run())
        crowd = await asyncio.create_subprocess_exec(
            sys.executable, "-c", IDLE, path, str(MANY), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert crowd.stdin and crowd.stdout
        assert await asyncio.wait_for(crowd.stdout.readline(), 60) == b"%d\n" % MANY
        await until(lambda: len(server.open) == MANY)
        client = Client(*await asyncio.open_unix_connection(path))
        assert [await client.ask(n) for n in range(100)] == [f"REJECT {n}" for n in range(100)]
        client.close()
        server.stop()
        await asyncio.wait_for(task, 60)
        crowd.stdin.close()
        await crowd.wait()

    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    asyncio.run(body())
