"""Workers of the resident service that are killed, one after the other: no message is lost, and none is there twice."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator

import pytest

from tests.support.processes import pause
from tests.support.service import NOBODY, NOT_TAKEN, Service, kill, mail, owners, running, until


@pytest.fixture
def service() -> Iterator[Service]:
    """A service in which every user has one worker."""
    with running(per_user=1) as started:
        yield started


def settled(service: Service) -> None:
    """Waits until all is tidied up."""
    until(lambda: not service.traces())


def test_killed_after_the_answer_the_next_one_tidies_up(service: Service) -> None:
    with service.taken(mail()) as connection:
        assert connection.end() == (0, "")
        killed = service.worker()
        os.kill(killed, signal.SIGKILL)
        assert connection.packet() == b""
        assert service.traces()
        connection.acknowledge()
    settled(service)
    assert len(service.inbox()) == 1
    assert service.worker() != killed


def test_killed_after_the_answer_without_acknowledgement_the_traces_stay(service: Service) -> None:
    with service.taken(mail()) as connection:
        assert connection.end() == (0, "")
        os.kill(service.worker(), signal.SIGKILL)
        assert connection.packet() == b""
    assert service.deliver(mail(2)) == (0, "")
    until(lambda: len(service.traces()) == 1)
    assert service.deliver(mail()) == (0, "")
    settled(service)
    assert len(service.inbox()) == 2


def test_killed_during_a_delivery_the_client_hears_it_and_a_retry_completes(service: Service) -> None:
    read, write = os.pipe()
    with service.taken(read) as connection:
        os.write(write, mail()[:20])
        os.kill(service.worker(), signal.SIGKILL)
        assert connection.end() == (75, "")
    os.close(read)
    os.close(write)
    assert not service.inbox()
    assert service.deliver(mail()) == (0, "")
    settled(service)
    assert len(service.inbox()) == 1


def test_killed_before_it_has_read_the_request_the_client_delivers_by_itself(service: Service) -> None:
    """Stopped, it has the connection and no more; nobody but the client has the message."""
    assert service.deliver(mail()) == (0, "")
    service.idle()
    worker = service.worker()
    os.kill(worker, signal.SIGSTOP)
    with service.connect() as connection:
        connection.ask(mail(2), service.request())
        until(lambda: service.status()["busy"] == 1)
        os.kill(worker, signal.SIGKILL)
        assert connection.end() == (NOT_TAKEN, "")
    assert service.deliver(mail(2)) == (0, "")
    settled(service)
    assert len(service.inbox()) == 2


@pytest.mark.slow
def test_killed_at_any_moment_each_message_is_there_once() -> None:
    """The client comes again until it hears "delivered", as Postfix does; what it has heard, it acknowledges."""
    with running(per_user=1, deaths=1_000_000) as service:
        service.write(".mdafilter.sieve", 'require ["fileinto", "copy"];\nfileinto :copy "A";\n')
        for number in range(100):
            tries = itertools.count()
            while not came_through(service, number, 0.0002 * (number % 50) + 0.002 * next(tries)):
                pass
        settled(service)
        for folder in ("new", ".A/new"):
            found = [path.read_bytes() for path in (service.home() / "Maildir" / folder).iterdir()]
            assert len(found) == 100
            assert {int(content.split(b"Subject: number ")[1].split()[0]) for content in found} == set(range(100))


def came_through(service: Service, number: int, moment: float) -> bool:
    """Tries to deliver; the worker is killed that many seconds after the request was sent."""
    with service.connect() as connection:
        connection.ask(mail(number), service.request())
        pause(moment)
        for pid in service.workers():
            if owners(pid) == {NOBODY}:
                kill(pid)
        if connection.end() != (0, ""):
            return False
        connection.acknowledge()
        return True
