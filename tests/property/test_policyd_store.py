"""One model, all stores: the same questions in the same order have the same answers."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd import store
from mdafilter_policyd.store import Record, Store
from tests.support import policyd_store as support

START = 4e9  # far ahead of the clock of Redis, which drops nothing then
KINDS = st.sampled_from(["grey", "known"])
KEYS = st.sampled_from(["", "a", "a\0b", "\udcff", "\U0001f4e7", "192.0.2.0/24 {a} * [b]? \\", "x" * 3000])
VALUES = st.sampled_from(["", "by postmaster", "\udc80\n"])
TIMES = st.integers(0, 4).map(float) | st.floats(0, 4)
SPANS = st.integers(0, 5).map(float) | st.floats(0, 10)
RECORDS = st.builds(Record, TIMES, TIMES, st.integers(1, 2**40), VALUES)
STEP = st.one_of(
    st.tuples(st.just("touch"), KINDS, KEYS, SPANS, VALUES),
    st.tuples(st.just("get"), KINDS, KEYS),
    st.tuples(st.just("put"), KINDS, KEYS, RECORDS, SPANS | st.just(math.inf) | st.just(-1.0)),
    st.tuples(st.just("delete"), KINDS, KEYS),
    st.tuples(st.just("add"), KINDS, KEYS, st.integers(-5, 2**70), st.sampled_from([1.0, 2.5, 60.0])),
    st.tuples(st.just("scan"), KINDS),
    st.tuples(st.just("expire")),
)
STEPS = st.lists(st.tuples(TIMES | st.just(0.0), STEP), max_size=30)


@dataclass
class Model:
    """The contract, as plainly as can be. Nothing is ever removed because it has expired."""

    records: dict[tuple[str, str], tuple[Record, float]] = field(default_factory=dict)
    sums: dict[tuple[str, str, float], list[tuple[int, int]]] = field(default_factory=dict)

    def get(self, kind: str, key: str, now: float) -> Record | None:
        record, until = self.records.get((kind, key), (None, 0.0))
        return record if now <= until else None

    def touch(self, kind: str, key: str, now: float, ttl: float, value: str) -> Record:
        old = self.get(kind, key, now)
        record = Record(old.first, now, old.count + 1, value or old.value) if old else Record(now, now, 1, value)
        until = max(self.records[kind, key][1], now + ttl) if old else now + ttl
        self.records[kind, key] = record, until
        return record

    def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        """A host whose clock is late counts into the newest bucket that anybody has seen."""
        seen = self.sums.setdefault((kind, key, window), [])
        bucket = max([int(now // window), *(number for number, _ in seen)])
        seen.append((bucket, min(amount, 10**9)))
        before = sum(a for number, a in seen if number == bucket - 1)
        share = 1.0 - max((now - bucket * window) / window, 0.0)
        return sum(a for number, a in seen if number == bucket) + int(before * share)

    def scan(self, kind: str, now: float) -> dict[str, Record]:
        return {key: r for (k, key) in self.records if k == kind and (r := self.get(kind, key, now))}


async def answers(subject: Store, steps: list[tuple[float, tuple[Any, ...]]]) -> None:
    model = Model()
    now = START
    for number, (later, (name, *arguments)) in enumerate(steps):
        now += later
        got: Any
        want: Any
        match name:
            case "touch":
                kind, key, ttl, value = arguments
                got, want = await subject.touch(kind, key, now, ttl, value), model.touch(kind, key, now, ttl, value)
            case "get":
                kind, key = arguments
                got, want = await subject.get(kind, key, now), model.get(kind, key, now)
            case "put":
                kind, key, record, span = arguments
                await subject.put(kind, key, record, now + span)
                model.records[kind, key] = record, now + span
                got = want = None
            case "delete":
                await subject.delete(*arguments)
                model.records.pop(tuple(arguments), None)
                got = want = None
            case "add":
                kind, key, amount, window = arguments
                got, want = await subject.add(kind, key, amount, now, window), model.add(kind, key, amount, now, window)
            case "scan":
                (kind,) = arguments
                got, want = await support.rows(subject.scan(kind, now)), model.scan(kind, now)
            case _:
                await subject.expire(now)
                got = want = None
        assert got == want, (number, name, arguments)
    await subject.close()


@pytest.fixture(scope="module")
def redis() -> Iterator[support.Server]:
    if support.missing():
        pytest.skip(support.missing())
    with support.server("--appendonly", "no") as server:
        yield server


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[support.Node]]:
    if support.missing():
        pytest.skip(support.missing())
    with support.cluster("--appendonly", "no") as nodes:
        yield nodes


@given(STEPS)
def test_memory(steps: list[tuple[float, tuple[Any, ...]]]) -> None:
    asyncio.run(answers(store.open("memory:"), steps))


@given(STEPS)
def test_sqlite(steps: list[tuple[float, tuple[Any, ...]]]) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        asyncio.run(answers(store.open(f"sqlite://{folder}/store.db"), steps))


@pytest.mark.e2e
@given(STEPS)
def test_redis(redis: support.Server, steps: list[tuple[float, tuple[Any, ...]]]) -> None:
    asyncio.run(answers(store.open(f"{redis.url}?prefix={next(PREFIXES)}"), steps))


@pytest.mark.e2e
@given(STEPS)
def test_cluster(cluster: list[support.Node], steps: list[tuple[float, tuple[Any, ...]]]) -> None:
    names = ",".join(node.name for node in cluster)
    asyncio.run(answers(store.open(f"redis://{names}?cluster=yes&prefix={next(PREFIXES)}"), steps))


PREFIXES = (f"{number}:" for number in range(10**9))
