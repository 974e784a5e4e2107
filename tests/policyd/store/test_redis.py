"""The store that hosts share, against a real redis-server: there, gone, back, and stopped."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd import limits, store
from mdafilter_policyd.errors import ConfigError, StoreError
from mdafilter_policyd.store import Record
from tests.support import policyd_store as support
from tests.support.daemons import free_port

NOW = 4e9  # far ahead of the clock of Redis


@pytest.fixture
def server() -> Iterator[support.Server]:
    if support.missing():
        pytest.skip(support.missing())
    with support.server() as made:
        yield made


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(ConfigError, match=r"the package redis is missing \(pip install 'mdafilter-policyd\[redis\]'\)"):
        store.open("redis://localhost")


def test_the_package_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, mdafilter_policyd.store.redis; sys.exit('redis' in sys.modules)"
    path = Path(store.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=path, check=False).returncode == 0


def test_nobody_there() -> None:
    """Once it has not answered, it is not waited for by each question that follows."""

    async def work() -> None:
        subject = store.open(f"redis://user:secret@127.0.0.1:{free_port()}/0")
        with pytest.raises(StoreError, match=r"127\.0\.0\.1:\d+: ") as caught:
            await subject.get("grey", "k", NOW)
        assert "secret" not in str(caught.value)
        with pytest.raises(StoreError, match=r"127\.0\.0\.1:\d+: "):
            await subject.get("grey", "k", NOW)
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_two_hosts_share_what_they_have_seen(server: support.Server) -> None:
    async def work() -> None:
        one, two = store.open(server.url), store.open(server.url)
        records = await asyncio.gather(*(s.touch("grey", "k", NOW + n, 99) for n in range(100) for s in (one, two)))
        assert sorted(r.count for r in records) == list(range(1, 201))
        await one.close()
        assert (await two.touch("grey", "k", NOW, 99)).count == 201, "one host is stopped"
        await two.put("open", "user@example.org", Record(NOW, NOW, 1), NOW + 9)
        again = store.open(server.url)
        assert await again.get("open", "user@example.org", NOW) == Record(NOW, NOW, 1)
        other = store.open(f"{server.url}?prefix=other:")
        assert await other.get("grey", "k", NOW) is None
        for subject in (two, again, other):
            await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_redis_itself_drops_what_has_expired(server: support.Server) -> None:
    """PEXPIREAT, after the grace for clocks that differ."""

    async def work() -> None:
        now = time.time()
        subject = store.open(server.url)
        await subject.touch("grey", "k", now, 100)
        await subject.put("known", "k", Record(now, now, 1), now + 50)
        await subject.put("exception", "k", Record(now, now, 1), float("inf"))
        await subject.add("rate", "k", 1, now, 3600)
        ends = [
            int(server.ask("PEXPIRETIME", f"mdafilter:{key}")) for key in ("r:grey:k", "r:known:k", "r:exception:k")
        ]
        grace = limits.REDIS_GRACE_SECONDS
        assert [round(e / 1000 - now, 1) if e > 0 else e for e in ends] == [100 + grace, 50 + grace, -1]
        assert 3600 < int(server.ask("TTL", "mdafilter:s:rate:3600:k")) <= 2 * 3600 + grace
        await subject.put("known", "gone", Record(now, now, 1), now - 2 * grace)
        assert server.ask("EXISTS", "mdafilter:r:known:gone") == "0"
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_down_and_back(server: support.Server, number: int) -> None:
    """Nothing that was answered is lost ("appendfsync always"), and the scripts need not be there."""

    async def work() -> None:
        subject = store.open(server.url)
        await asyncio.gather(*(subject.touch("grey", "k", NOW, 99) for _ in range(20)))
        server.stop(number)
        for _ in range(2):
            with pytest.raises(StoreError, match=str(server.socket)):
                await subject.touch("grey", "k", NOW, 99)
        server.start()
        assert (await support.back(subject, "k")).count == 21
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_what_was_connected_when_it_went_down_is_not_used_again() -> None:
    """Else each connection of the time before would cost an answer, and a pause, of the time after."""
    if support.missing():
        pytest.skip(support.missing())
    port = free_port()

    async def work(server: support.Server) -> None:
        subject = store.open(f"redis://127.0.0.1:{port}")
        await asyncio.gather(*(subject.touch("grey", "k", NOW, 99) for _ in range(20)))
        server.stop()
        with pytest.raises(StoreError):
            await subject.touch("grey", "k", NOW, 99)
        server.start()
        await support.back(subject, "k")
        await asyncio.gather(*(subject.touch("grey", "k", NOW, 99) for _ in range(20)))
        await subject.close()

    with support.server("--port", str(port)) as server:
        asyncio.run(work(server))


@pytest.mark.e2e
def test_one_that_is_stopped_is_waited_for_once(server: support.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REDIS_PAUSE_SECONDS", 1000.0)

    async def work() -> None:
        subject = store.open(server.url)
        await subject.touch("grey", "k", NOW, 99)
        server.send(signal.SIGSTOP)
        monkeypatch.setattr(limits, "REDIS_SECONDS", 0.5)
        for question in (subject.touch("grey", "k", NOW, 99), subject.get("grey", "k", NOW)):
            with pytest.raises(StoreError, match="no answer"):
                await question
        with pytest.raises(StoreError):
            await support.rows(subject.scan("grey", NOW))
        server.send(signal.SIGCONT)
        monkeypatch.setattr(limits, "REDIS_SECONDS", 30.0)
        monkeypatch.setattr(limits, "REDIS_PAUSE_SECONDS", 0.0)
        assert (await support.back(subject, "k")).count in (2, 3), "the one that was not answered may count"
        assert await subject.get("grey", "k", NOW) is not None, "and each answer is of its own question"
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_many_more_questions_than_connections(server: support.Server) -> None:
    async def work() -> None:
        subject = store.open(server.url)
        touches = (subject.touch("grey", "k", NOW, 99) for _ in range(10 * limits.REDIS_CONNECTIONS))
        assert max(r.count for r in await asyncio.gather(*touches)) == 10 * limits.REDIS_CONNECTIONS
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_a_few_among_many_are_found(server: support.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """SCAN walks over all keys, and takes longer than one answer may."""
    monkeypatch.setattr("mdafilter_policyd.store.nodes.ROWS", 1)

    async def work() -> None:
        subject = store.open(server.url)
        many = 'for n = 1, 40000 do redis.call("SET", "mdafilter:r:grey:" .. n, "") end return 1'
        server.ask("EVAL", many, 0)
        await subject.put("open", "k", Record(NOW, NOW, 1), NOW)
        assert await support.rows(subject.scan("open", NOW)) == {"k": Record(NOW, NOW, 1)}
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_redis_without_memory_is_an_outage_that_ends(server: support.Server) -> None:
    async def work() -> None:
        subject = store.open(server.url)
        server.ask("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(StoreError, match="maxmemory"):
            await subject.touch("grey", "k", NOW, 99)
        server.ask("CONFIG", "SET", "maxmemory", "0")
        assert (await support.back(subject, "k")).count == 1
        await subject.close()

    asyncio.run(work())
