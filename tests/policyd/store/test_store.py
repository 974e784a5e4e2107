"""A store by its URL, and what all stores do alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd import store
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.store import Record, slid
from mdafilter_policyd.store.memory import Memory
from mdafilter_policyd.store.redis import Redis
from mdafilter_policyd.store.sqlite import Sqlite
from tests.support import policyd_store as support


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with support.cluster() as nodes:
        yield f"redis://{nodes[0].name}?cluster=yes"


@pytest.fixture(params=["memory", "sqlite", *(pytest.param(n, marks=pytest.mark.e2e) for n in ("redis", "cluster"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    match request.param:
        case "memory":
            yield "memory:"
        case "sqlite":
            yield f"sqlite://{tmp_path}/state.db"
        case _ if support.missing():
            pytest.skip(support.missing())
        case "redis":
            with support.server() as server:
                yield server.url
        case _:
            yield f"{request.getfixturevalue('cluster')}&prefix={request.node.name}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("memory:", Memory),
        ("sqlite:///var/lib/state.db", Sqlite),
        ("sqlite:///var/lib/state.db?synchronous=full", Sqlite),
        ("redis://user:secret@mx.example.org:6380/1?prefix=a", Redis),
        ("rediss://mx.example.org", Redis),
        ("redis://mx.example.org?cluster=yes", Redis),
        ("redis://user:secret@[2001:db8::1]:6379,mx2.example.org:6379,mx3.example.org/0?cluster=yes&prefix=a", Redis),
        ("unix:///run/redis.sock?db=2", Redis),
    ],
)
def test_a_url_names_a_store_and_opens_nothing(text: str, kind: type) -> None:
    assert type(store.open(text)) is kind


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "there is no store"),
        ("/var/lib/state.db", "there is no store /var/lib/state.db:"),
        ("mysql://host", "there is no store mysql:"),
        ("memory:?size=1", "memory: has no option size"),
        ("sqlite:state.db", "has to be an absolute path"),
        ("sqlite://state.db", "has to be an absolute path"),
        ("sqlite:///", "has to be an absolute path"),
        ("sqlite:///a?synchronous=off", "synchronous=off is neither"),
        ("sqlite:///a?prefix=b", "sqlite: has no option prefix"),
        ("redis://host?cluster=1", "cluster=1 is neither"),
        ("redis://a,b", "several hosts that are no cluster"),
        ("redis://a,,b?cluster=yes", "a cluster has hosts, and no db but 0"),
        ("redis://a/1?cluster=yes", "a cluster has hosts, and no db but 0"),
        ("redis://a?cluster=yes&db=1", "a cluster has hosts, and no db but 0"),
        ("unix:///a?cluster=yes", "a cluster has hosts, and no db but 0"),
        ("redis://a,b:port?cluster=yes", "the URL of redis cannot be used"),
        ("redis://host:port", "the URL of redis cannot be used"),
        ("redis://[::1", "this is no URL"),
    ],
)
def test_a_url_that_is_none_says_why(text: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        store.open(text)
    assert what in str(caught.value)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        store.open("redis://user:secret@host:port/0")
    assert "secret" not in str(caught.value)


def test_a_record_is_there_up_to_its_last_moment(url: str) -> None:
    async def work() -> None:
        subject = store.open(url)
        assert await subject.touch("grey", "k", 4e9, 60) == Record(4e9, 4e9, 1)
        assert await subject.touch("grey", "k", 4e9 + 10, 20, "v") == Record(4e9, 4e9 + 10, 2, "v"), "not shortened"
        assert await subject.get("grey", "k", 4e9 + 60) == Record(4e9, 4e9 + 10, 2, "v")
        assert await subject.get("grey", "k", 4e9 + 61) is None
        assert await subject.touch("grey", "k", 4e9 + 61, 1) == Record(4e9 + 61, 4e9 + 61, 1)
        await subject.close()

    asyncio.run(work())


def test_hosts_whose_clocks_differ(url: str) -> None:
    """The later bucket counts, whoever has begun it."""

    async def work() -> None:
        subject = store.open(url)
        ahead, late = 4e9 + 61, 4e9 + 50  # 4e9 is 40 s into a minute
        assert await subject.add("rate", "k", 4, ahead, 60) == 4
        assert await subject.add("rate", "k", 2, late, 60) == 6
        assert await subject.add("rate", "k", 1, ahead + 60, 60) in range(1, 8)
        await subject.close()

    asyncio.run(work())


def test_many_at_once_are_each_counted(url: str) -> None:
    async def work() -> None:
        subject = store.open(url)
        records = await asyncio.gather(*(subject.touch("grey", "k", 4e9 + n, 100) for n in range(50)))
        assert sorted(r.count for r in records) == list(range(1, 51))
        sums = await asyncio.gather(*(subject.add("rate", "k", 2, 4e9, 100) for _ in range(50)))
        assert sorted(sums) == list(range(2, 102, 2))
        await subject.close()

    asyncio.run(work())


def test_more_than_a_bite_is_scanned_and_expires(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter_policyd.limits.STORE_BITE", 7)

    async def work() -> None:
        subject = store.open(url)
        for n in range(40):
            await subject.put("grey", f"key {n}", Record(4e9, 4e9, n), 4e9 + n)
        await subject.put("open", "other", Record(4e9, 4e9, 1), 4e9)
        found = await support.rows(subject.scan("grey", 4e9 + 20))
        assert found == {f"key {n}": Record(4e9, 4e9, n) for n in range(20, 40)}
        assert await subject.expire(4e9 + 20) in (21, 0)
        assert await support.rows(subject.scan("grey", 4e9 + 20)) == found
        await subject.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("bucket", "current", "previous", "now", "total"),
    [
        (10, 3, 100, 1000.0, 103),  # the bucket has just begun: all of the one before is within the window
        (10, 3, 100, 1050.0, 53),
        (10, 3, 100, 1099.9, 3),
        (10, 3, 100, 1200.0, 3),
        (10, 3, 100, 900.0, 103),  # a clock that is late
    ],
)
def test_a_sum_slides(bucket: int, current: int, previous: int, now: float, total: int) -> None:
    assert slid(bucket, current, previous, now, 100.0) == total
