"""Who gets a worker, and that nobody can make others wait: real connections to a real broker."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from mdafilter.serve import broker, wire
from mdafilter.serve.pool import Size
from tests.support.lingering import slow_to_close
from tests.support.service import (
    NAMELESS,
    NOBODY,
    NOT_TAKEN,
    OTHER,
    Connection,
    Service,
    mail,
    needs_root,
    owners,
    running,
    until,
)

REQUEST = wire.encode(wire.Request())


@contextmanager
def silent(service: Service, count: int, uid: int = NOBODY) -> Iterator[list[Connection]]:
    """Connections that say nothing."""
    with ExitStack() as stack:
        yield [stack.enter_context(service.connect(uid)) for _ in range(count)]


def at_work(service: Service, count: int) -> None:
    """Waits until so many workers have something to do."""
    until(lambda: service.status()["busy"] == count)


# --- who ---


@pytest.mark.parametrize("packet", [b"l", b"l\1\0\0\0", b"l\0\0\0\0", b"l\1\0\0\0\0", b"?", b"x" * 64])
def test_a_process_beside_it_can_say_anything(packet: bytes) -> None:
    """It hears strangers, and may be theirs by now: with what is no socket, no request, or a wish for root."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with ours, theirs, open(os.devnull, "rb") as file:
        one = broker.Broker(Size(workers=0))
        before = len(os.listdir("/proc/self/fd"))
        socket.send_fds(theirs, [packet], [file.fileno()])
        socket.send_fds(theirs, [packet], [])
        assert one.requested(ours)
        assert (one.workers, len(os.listdir("/proc/self/fd"))) == ({}, before)
        one.loop.close()


@needs_root
def test_root_is_not_served() -> None:
    with running() as service:
        assert service.deliver(mail(), environ=service.environ(NOBODY), uid=0) == (NOT_TAKEN, "")
        assert service.workers() == []
        assert service.status()["refused"] == 1


@needs_root
def test_a_service_of_a_user_serves_nobody_else() -> None:
    with running(uid=NAMELESS) as service:
        assert service.deliver(mail(), uid=NOBODY) == (NOT_TAKEN, "")
        assert service.deliver(mail(), environ=service.environ(NAMELESS), uid=0) == (NOT_TAKEN, "")
        assert service.workers() == []
        assert service.deliver(mail(), uid=NAMELESS) == (0, "")


def test_each_user_has_processes_of_their_own() -> None:
    with running(per_user=1) as service:
        for uid in {NOBODY, NAMELESS, OTHER}:
            assert service.deliver(mail(), uid=uid) == (0, "")
            assert [path.stat().st_uid for path in service.inbox(uid)] == [uid]
        assert sorted(map(sorted, map(owners, service.workers()))) == sorted([uid] for uid in {NOBODY, NAMELESS, OTHER})


# --- how many, how long ---


def test_a_worker_is_replaced_after_so_many_messages() -> None:
    with running(per_user=1, messages=2) as service:
        served = []
        for number in range(5):
            assert service.deliver(mail(number)) == (0, "")
            served.append(int(service.inbox()[-1].name.split("P")[1].split("Q")[0]))
            service.idle()
        assert len(service.inbox()) == 5
        assert len({path.name.split("P")[1].split("Q")[0] for path in service.inbox()}) == 3
        assert service.status()["died"] == 0


def test_one_that_is_idle_for_long_ends() -> None:
    with running(idle=0.1) as service:
        assert service.deliver(mail()) == (0, "")
        until(lambda: service.workers() == [])
        assert service.deliver(mail(2)) == (0, "")
        assert service.status()["died"] == 0


def test_one_that_has_grown_is_replaced() -> None:
    with running(per_user=1, memory=1) as service:
        assert service.deliver(mail()) == (0, "")
        until(lambda: service.workers() == [])
        assert service.status()["died"] == 0


def test_past_its_deadline_it_is_killed_and_the_client_hears_it() -> None:
    """Without an answer, though its request was read: it says "try again"."""
    with running(per_user=1, deadline=0.2) as service:
        read, write = os.pipe()
        with service.taken(read) as connection:
            assert connection.end() == (75, "")
        os.close(read)
        os.close(write)
        until(lambda: service.said("past its deadline"))
        assert service.deliver(mail()) == (0, "")
        assert service.status()["died"] == 1


def test_one_that_is_stopped_is_killed_as_well() -> None:
    with running(per_user=1, deadline=0.2) as service:
        assert service.deliver(mail()) == (0, "")
        service.idle()
        os.kill(service.worker(), signal.SIGSTOP)
        assert service.deliver(mail(2)) == (NOT_TAKEN, "")
        assert service.deliver(mail(3)) == (0, "")


@pytest.mark.slow
def test_one_that_is_stopped_does_not_outlive_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who stops each of them would have any number, beside the ones that count."""
    monkeypatch.setattr(broker, "_LEAVE_SECONDS", 0.1)
    with running(per_user=1, idle=1.0) as service:
        assert service.deliver(mail()) == (0, "")
        service.idle()
        for pid in service.workers():
            os.kill(pid, signal.SIGSTOP)
        until(lambda: service.status()["workers"] == 0)
        until(lambda: service.workers() == [])


def test_no_user_has_more_workers_than_allowed() -> None:
    with running(per_user=2, at_once=1, patience=0.0) as service, silent(service, 5):
        at_work(service, 2)
        until(lambda: service.status()["waiting"] == 3)
        assert len(service.workers()) == 2


@needs_root
def test_there_are_no_more_workers_than_allowed() -> None:
    with running(workers=2, shares=1) as service, silent(service, 1, NOBODY), silent(service, 1, NAMELESS) as second:
        at_work(service, 2)
        with service.connect(OTHER) as third:
            third.ask(mail(), service.request(uid=OTHER))
            until(lambda: service.status()["waiting"] == 1)
            assert len(service.workers()) == 2
            second[0].close()
            assert third.end() == (0, "")
            assert len(service.workers()) <= 2


@needs_root
def test_who_is_idle_for_longest_makes_room() -> None:
    with running(workers=2, shares=2, per_user=1) as service:
        for uid in (NOBODY, NAMELESS):
            assert service.deliver(mail(), uid=uid) == (0, "")
            service.idle()
        assert service.deliver(mail(), uid=OTHER) == (0, "")
        until(lambda: len(service.workers()) == 2)
        assert {min(owners(pid)) for pid in service.workers()} == {NAMELESS, OTHER}


def test_when_too_many_wait_the_next_one_is_refused() -> None:
    with running(per_user=1, waiting_per_user=2) as service, silent(service, 3):
        at_work(service, 1)
        until(lambda: service.status()["waiting"] == 2)
        assert service.deliver(mail()) == (NOT_TAKEN, "")
        assert service.status()["refused"] == 1


def test_who_waits_for_too_long_is_refused() -> None:
    with running(per_user=1, wait=0.1) as service, silent(service, 1):
        at_work(service, 1)
        assert service.deliver(mail()) == (NOT_TAKEN, "")


def test_a_connection_that_went_away_costs_nothing() -> None:
    with running(per_user=1) as service:
        with silent(service, 50):
            pass
        assert service.deliver(mail()) == (0, "")
        until(lambda: service.status()["waiting"] == 0)


# --- clients that do harm ---


@needs_root
@pytest.mark.parametrize("manner", ["nothing", "pipe", "terminal", "stopped"])
def test_the_others_go_on(manner: str) -> None:
    """Whatever a client does to its own deliveries."""
    with running() as service, ExitStack() as stack:
        if manner == "nothing":
            stack.enter_context(silent(service, 300, NAMELESS))
        elif manner in ("pipe", "terminal"):
            read, write = os.pipe() if manner == "pipe" else os.openpty()[::-1]
            stack.callback(os.close, read)
            stack.callback(os.close, write)
            stack.enter_context(service.taken(read, uid=NAMELESS))
        else:  # it has sent all, and reads no answer, nor does it go
            for number in range(10):
                connection = stack.enter_context(service.connect(NAMELESS))
                connection.ask(mail(number), service.request(uid=NAMELESS))
        for number in range(5):
            assert service.deliver(mail(number)) == (0, "")
        until(lambda: len(service.inbox()) == 5)


@pytest.mark.parametrize("when", ["refused", "delivered", "killed"])
def test_what_a_client_leaves_in_its_connection_is_not_waited_for(when: str) -> None:
    """A descriptor whose closing takes an hour (brief.py): the broker is who closes the connection at last."""
    with running(per_user=1, waiting_per_user=0 if when == "refused" else 1) as service:
        if when == "refused":
            service.signal(signal.SIGSTOP)  # it accepts the connection when all is in it
        with service.connect() as connection:
            if when != "refused":
                connection.ask(mail(), service.request())
                assert connection.end() == (0, "")
            with slow_to_close() as slow:
                connection.send(wire.ACKNOWLEDGED, slow.fileno())
            if when == "killed":
                os.kill(service.worker(), signal.SIGKILL)
                assert connection.packet() == b""
            service.signal(signal.SIGCONT)
        service.idle()


def test_a_worker_that_keeps_dying_is_not_made_for_ever() -> None:
    """Three, and at most two that had to tidy up behind one of them: whoever is there takes what comes."""
    with running(per_user=1, deaths=3, mourning=600.0) as service:
        taken = 0
        while (answer := service.deliver(mail())) == (0, ""):
            taken += 1
            service.idle()
            _strike(service, taken)
        assert answer == (NOT_TAKEN, "")
        assert 3 <= taken <= service.status()["hired"] <= 5


def _strike(service: Service, deaths: int) -> None:
    """Kills the worker, and waits until the broker knows of so many deaths."""
    worker = os.pidfd_open(service.worker())
    signal.pidfd_send_signal(worker, signal.SIGKILL)
    until(lambda: ended(worker))
    os.close(worker)
    until(lambda: service.status()["died"] >= deaths)


# --- its end ---


def test_when_the_broker_is_killed_the_workers_end() -> None:
    with running(per_user=1) as service:
        assert service.deliver(mail()) == (0, "")
        idle = os.pidfd_open(service.worker())
        service.signal(signal.SIGKILL)
        until(service.gone)
        until(lambda: ended(idle))
        os.close(idle)


def test_when_the_broker_is_killed_a_delivery_is_finished() -> None:
    with running(per_user=1) as service:
        read, write = os.pipe()
        with service.taken(read) as connection:
            busy = os.pidfd_open(service.worker())
            service.signal(signal.SIGKILL)
            until(service.gone)
            os.write(write, mail())
            os.close(write)
            assert connection.end() == (0, "")
            connection.acknowledge()
        os.close(read)
        until(lambda: ended(busy))
        os.close(busy)
        assert not service.traces()


def ended(pidfd: int) -> bool:
    """A descriptor of a process is readable when it has ended (pidfd_open(2)); nobody here is its parent."""
    import select

    return bool(select.select([pidfd], [], [], 0)[0])


# --- without descriptors ---


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["service", "status"])
def test_without_descriptors_it_waits_and_recovers(asked: str) -> None:
    with running(per_user=1, descriptors=24) as service:
        assert service.deliver(mail()) == (0, "")
        service.idle()
        with silent(service, 40), ExitStack() as stack:
            until(lambda: service.said("no descriptors are left"))
            if asked == "status":
                for _ in range(3):
                    stack.enter_context(_status(service))
            before, began = service.processor_seconds(), time.monotonic()
            time.sleep(1.0)
            used, passed = service.processor_seconds() - before, time.monotonic() - began
            assert used < passed / 2, "it is in a loop"
        until(lambda: service.deliver(mail(2))[0] == 0)
        assert service.status()["waiting"] == 0


@contextmanager
def _status(service: Service) -> Iterator[None]:
    import socket

    with socket.socket(socket.AF_UNIX) as asks:
        asks.connect(str(service.status_path))
        yield
