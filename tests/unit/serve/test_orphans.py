"""Clients and traces of workers that were killed; the life of them with real workers is in test_worker and tests/crash."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from mdafilter.serve import wire
from mdafilter.serve.broker import Broker, Task
from mdafilter.serve.pool import Size
from mdafilter.serve.worker import TIDY

USER = 64111


class Waiting(Broker):
    """A broker that notes what is to be done, and hires nobody."""

    def __init__(self) -> None:
        super().__init__(Size())
        self.asked: list[tuple[int, bytes, bytes]] = []

    def arrive(self, uid: int, task: Task) -> None:
        self.asked.append((uid, task.kind, task.traces))


@pytest.fixture
def broker() -> Iterator[Waiting]:
    made = Waiting()
    yield made
    made.loop.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    yield ours, theirs
    theirs.close()
    ours.close()


def told(broker: Waiting) -> None:
    """What the loop would hear now."""
    for fd, _events in broker.loop.poll(0):
        broker.heard[fd]()


@pytest.mark.parametrize("says", [[wire.ACKNOWLEDGED], [], [b"x"]])
def test_who_has_answered_is_tidied_up_after(
    broker: Waiting, ends: tuple[socket.socket, socket.socket], says: list[bytes]
) -> None:
    ours, theirs = ends
    broker.orphans.adopt(ours, USER, b"/a/tmp/x.mdafilter")
    assert theirs.recv(10) == b"", "it hears the end at once"
    told(broker)
    assert broker.asked == [], "it can still say that it has answered"
    for packet in says:
        theirs.send(packet)
    theirs.close()
    told(broker)
    assert broker.asked == ([(USER, TIDY, b"/a/tmp/x.mdafilter")] if says == [wire.ACKNOWLEDGED] else [])
    assert (broker.orphans.clients, ours.fileno()) == ({}, -1)


def test_without_traces_the_connection_is_closed(broker: Waiting, ends: tuple[socket.socket, socket.socket]) -> None:
    broker.orphans.adopt(ends[0], USER, b"")
    assert (ends[0].fileno(), ends[1].recv(10)) == (-1, b"")


def test_without_traces_a_client_hears_whether_its_request_was_read(broker: Waiting) -> None:
    for read in (True, False):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            theirs.send(b"request")
            if read:
                ours.recv(10)
            broker.orphans.adopt(ours, USER, b"")
            with nullcontext() if read else pytest.raises(ConnectionResetError):
                assert theirs.recv(10) == b""


def test_who_does_not_go_is_not_waited_for_for_ever(
    broker: Waiting, ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.orphans.adopt(ends[0], USER, b"x")
    for act in broker.regular:
        act(time.monotonic() + 3600)
    assert (broker.orphans.clients, broker.asked) == ({}, [])


def test_what_nobody_could_remove_is_tried_again(broker: Waiting) -> None:
    broker.orphans.keep(USER, b"/a/tmp/x.mdafilter")
    broker.orphans.keep(USER, b"")
    for _ in range(2):
        for act in broker.regular:
            act(time.monotonic())
    assert broker.asked == [(USER, TIDY, b"/a/tmp/x.mdafilter")]


def test_there_is_a_bound(broker: Waiting) -> None:
    for _ in range(5000):
        broker.orphans.keep(USER, b"x")
    assert len(broker.orphans.traces) == 1000
