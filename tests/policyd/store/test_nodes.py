"""A real cluster of three nodes: each has some keys; one is gone, back, stopped or replaced; slots move meanwhile."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis.crc import key_slot
from redis.exceptions import MovedError

from mdafilter_policyd import limits, store
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record
from mdafilter_policyd.store.nodes import Nodes
from tests.support import policyd_store as support
from tests.support.daemons import free_port

NOW = 4e9  # far ahead of the clock of Redis
KEYS = [f"192.0.2.{n}/32 a@example.org" for n in range(60)]


@contextmanager
def three() -> Iterator[list[support.Node]]:
    """Two go on without the third, which is not the default."""
    if support.missing():
        pytest.skip(support.missing())
    with support.cluster("--cluster-require-full-coverage", "no") as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[list[support.Node]]:
    """Of which a test takes a node or a slot for good."""
    with three() as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[list[support.Node]]:
    with three() as made:
        yield made


@pytest.fixture
def nodes(shared: list[support.Node]) -> list[support.Node]:
    """All are there, and empty."""
    support.until(lambda: support.whole(shared))
    for node in shared:
        node.ask("FLUSHALL")
    return shared


def url(*nodes: support.Node) -> str:
    return f"redis://{','.join(node.name for node in nodes)}?cluster=yes"


def slot(key: str) -> int:
    return key_slot(f"mdafilter:r:grey:{key}".encode())


def of(number: int, count: int = 3) -> list[str]:
    """The keys that the node of this number has."""
    return [key for key in KEYS if slot(key) * count // support.SLOTS == number]


async def touched(subject: store.Store, keys: list[str]) -> set[int]:
    return {r.count for r in await asyncio.gather(*(subject.touch("grey", key, NOW, 99) for key in keys))}


@pytest.mark.e2e
def test_hosts_that_know_different_nodes_share_all(nodes: list[support.Node]) -> None:
    async def work() -> None:
        one, two = store.open(url(nodes[0])), store.open(url(nodes[1], nodes[2]))
        assert await touched(one, KEYS) == {1}
        assert await touched(two, KEYS) == {2}
        assert all(int(node.ask("DBSIZE")) >= 10 for node in nodes)
        assert await support.rows(one.scan("grey", NOW)) == dict.fromkeys(KEYS, Record(NOW, NOW, 2))
        sums = [await subject.add("rate", key, 3, NOW, 60) for subject in (one, two) for key in KEYS]
        assert sums == [3] * len(KEYS) + [6] * len(KEYS)
        await one.delete("grey", KEYS[0])
        assert await two.get("grey", KEYS[0], NOW) is None
        await one.close()
        await two.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_one_that_answers_is_enough_to_begin_with(nodes: list[support.Node]) -> None:
    async def work() -> None:
        subject = store.open(f"redis://127.0.0.1:{free_port()},127.0.0.1:{free_port()},{nodes[2].name}?cluster=yes")
        assert await touched(subject, KEYS) == {1}
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_is_down_and_back(nodes: list[support.Node], number: int) -> None:
    """Its keys alone are without an answer; afterwards nothing that was answered is lost, and it knows no script."""

    async def work() -> None:
        subject = store.open(url(*nodes))
        await touched(subject, KEYS)
        nodes[0].stop(number)
        for _ in range(2):
            with pytest.raises(StoreError, match=f"^{nodes[0].name}: "):
                await subject.touch("grey", of(0)[0], NOW, 99)
        assert await touched(subject, of(1) + of(2)) == {2}
        with pytest.raises(StoreError):
            await support.rows(subject.scan("grey", NOW))
        nodes[0].start()
        assert (await support.back(subject, of(0)[0])).count == 2
        assert await touched(subject, of(0)[1:]) == {2}
        assert len(await support.rows(subject.scan("grey", NOW))) == len(KEYS)
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_one_that_is_stopped_is_waited_for_once(nodes: list[support.Node], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REDIS_PAUSE_SECONDS", 1000.0)

    async def work() -> None:
        subject = store.open(url(*nodes))
        await touched(subject, KEYS)
        nodes[1].send(signal.SIGSTOP)
        monkeypatch.setattr(limits, "REDIS_SECONDS", 0.5)
        for key in of(1):
            with pytest.raises(StoreError, match=f"^{nodes[1].name}: no answer"):
                await subject.touch("grey", key, NOW, 99)
        assert await touched(subject, of(0) + of(2)) == {2}
        nodes[1].send(signal.SIGCONT)
        monkeypatch.setattr(limits, "REDIS_SECONDS", 30.0)
        monkeypatch.setattr(limits, "REDIS_PAUSE_SECONDS", 0.0)
        assert (await support.back(subject, of(1)[0])).count in (2, 3), "the one that was not answered may count"
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_all_are_down_and_back(nodes: list[support.Node]) -> None:
    async def work() -> None:
        subject = store.open(url(*nodes))
        await touched(subject, KEYS)
        for node in nodes:
            node.stop()
        for key in KEYS:
            with pytest.raises(StoreError):
                await subject.touch("grey", key, NOW, 99)
        for node in nodes:
            node.start()
        assert {(await support.back(subject, key)).count for key in KEYS} == {2}
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_a_cluster_that_wants_all_its_slots_is_down_with_one_node() -> None:
    """cluster-require-full-coverage "yes", the default: the nodes that are left answer CLUSTERDOWN."""
    if support.missing():
        pytest.skip(support.missing())

    async def work(nodes: list[support.Node]) -> None:
        subject = store.open(url(nodes[1]))
        await touched(subject, KEYS)
        nodes[0].stop(signal.SIGKILL)
        support.until(lambda: "cluster_state:fail" in nodes[1].ask("CLUSTER", "INFO"))
        with pytest.raises(StoreError, match=f"^{nodes[1].name}: .*cluster is down"):
            await subject.touch("grey", of(1)[0], NOW, 99)
        nodes[0].start()
        assert {(await support.back(subject, key)).count for key in KEYS} == {2}
        await subject.close()

    with support.cluster() as nodes:
        asyncio.run(work(nodes))


@pytest.mark.e2e
def test_a_replica_takes_over(fresh: list[support.Node]) -> None:
    """Of a node that was not known when the store was opened."""

    async def work() -> None:
        subject = store.open(url(fresh[0]))
        await touched(subject, KEYS)
        with support.member(fresh) as replica:
            replica.ask("CLUSTER", "REPLICATE", fresh[0].id())
            support.until(lambda: "master_link_status:up" in replica.ask("INFO", "replication"))
            support.until(lambda: int(replica.ask("DBSIZE")) == len(of(0)))
            fresh[0].stop(signal.SIGKILL)
            assert {(await support.back(subject, key)).count for key in KEYS} == {2}
            assert "role:master" in replica.ask("INFO", "replication")
            await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_a_slot_moves_step_by_step(fresh: list[support.Node]) -> None:
    """To a node that has had none. CLUSTER SETSLOT: "MIGRATING ... if the key does not exist, ASK"."""

    async def work(target: support.Node) -> None:
        subject = store.open(url(*fresh))
        await touched(subject, KEYS)
        await asyncio.gather(*(subject.get("grey", of(0)[0], NOW) for _ in range(10)))
        old, new = of(0)[0], "{" + f"mdafilter:r:grey:{of(0)[0]}" + "}"
        number = slot(old)
        assert slot(new) == number
        target.ask("CLUSTER", "SETSLOT", number, "IMPORTING", fresh[0].id())
        fresh[0].ask("CLUSTER", "SETSLOT", number, "MIGRATING", target.id())
        assert await touched(subject, [old]) == {2}
        assert await touched(subject, [new]) == {1}, "asked of the new node alone"
        records = await asyncio.gather(*(subject.touch("grey", new, NOW, 99) for _ in range(20)))
        assert sorted(r.count for r in records) == list(range(2, 22))
        assert int(target.ask("DBSIZE")) == 1
        fresh[0].ask("MIGRATE", "127.0.0.1", target.port, f"mdafilter:r:grey:{old}", 0, 5000)
        assert await touched(subject, [old]) == {3}
        for node in (target, fresh[0]):
            node.ask("CLUSTER", "SETSLOT", number, "NODE", target.id())
        assert await touched(subject, [old]) == {4}
        assert (await subject.touch("grey", new, NOW, 99)).count == 22
        assert len(await support.rows(subject.scan("grey", NOW))) == len(KEYS) + 1
        await subject.close()

    with support.member(fresh) as target:
        asyncio.run(work(target))


@pytest.mark.e2e
def test_slots_move_while_it_is_asked(fresh: list[support.Node]) -> None:
    """redis-cli --cluster reshard: each question is answered, and counted once."""

    async def work() -> None:
        subject = store.open(url(fresh[0]))
        argv = [support.CLIENT, "--cluster", "reshard", fresh[0].name, "--cluster-from", fresh[0].id()]
        argv += ["--cluster-to", fresh[1].id(), "--cluster-slots", "700", "--cluster-yes"]
        moving = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.DEVNULL)
        ended = asyncio.create_task(moving.wait())
        rounds = 0
        while not ended.done() or rounds < 3:
            rounds += 1
            assert await touched(subject, KEYS) == {rounds}
        assert await ended == 0
        assert await support.rows(subject.scan("grey", NOW)) == dict.fromkeys(KEYS, Record(NOW, NOW, rounds))
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_many_more_questions_than_connections(nodes: list[support.Node]) -> None:
    async def work() -> None:
        subject = store.open(url(*nodes))
        assert await touched(subject, [f"{n}" for n in range(20 * limits.REDIS_CONNECTIONS)]) == {1}
        await subject.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_a_slot_that_no_node_has_is_an_outage_of_its_keys(fresh: list[support.Node]) -> None:
    async def work() -> None:
        subject = store.open(url(*fresh))
        await touched(subject, KEYS)
        key = of(2)[0]
        support.drop(fresh, slot(key))
        with pytest.raises(StoreError, match="Hash slot not served"):
            await subject.touch("grey", key, NOW, 99)
        anew = store.open(url(*fresh))
        with pytest.raises(StoreError, match=f"no node has the slot {slot(key)}"):
            await anew.touch("grey", key, NOW, 99)
        assert await touched(anew, of(1)) == {2}
        await subject.close()
        await anew.close()

    asyncio.run(work())


@pytest.mark.e2e
def test_one_that_is_no_cluster_says_so() -> None:
    if support.missing():
        pytest.skip(support.missing())
    port = free_port()

    async def work() -> None:
        subject = store.open(f"redis://127.0.0.1:{port}?cluster=yes")
        with pytest.raises(StoreError, match="cluster support disabled"):
            await subject.touch("grey", "k", NOW, 99)
        await subject.close()

    with support.server("--port", str(port)):
        asyncio.run(work())


class Client:
    """Answers by a table: what a cluster does only for a moment, or where addresses are of other kinds."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    async def execute_command(self, name: str, *arguments: object) -> Any:
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        (None, 7001, "mx1.example.org:7001"),  # cluster-preferred-endpoint-type unknown-endpoint
        (b"", 7001, "mx1.example.org:7001"),  # one that does not know its own address yet
        (b"2001:db8::1", 7001, "[2001:db8::1]:7001"),
        (b"mx2.example.org", 7001, "mx2.example.org:7001"),
        (b"?", 7001, "%3F:7001"),
    ],
)
def test_the_name_of_a_node(host: bytes | None, port: int, name: str) -> None:
    rows = [[0, 16383, [host, port, b"id", []], [b"192.0.2.9", 7009, b"replica", []]]]
    subject = Nodes(lambda made: Client({"CLUSTER": rows, "EVALSHA": made}), ["mx1.example.org:7000"], True)
    assert asyncio.run(subject.run("return 1", b"k")) == name


def test_nodes_that_name_each_other_end() -> None:
    rows = [[0, 16383, [b"127.0.0.1", 7001, b"id", []]]]
    subject = Nodes(lambda name: Client({"CLUSTER": rows, "EVALSHA": MovedError("1 127.0.0.1:7002")}), ["a:1"], True)
    with pytest.raises(StoreError, match="each node names another"):
        asyncio.run(subject.run("return 1", b"k"))
