"""GET /metrics over real sockets: what is answered, and what hostile clients cannot do."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.serve import exposition, listen, metrics, status
from mdafilter.serve.listen import Place
from tests.support.service import mail, owners, program, until


def connect(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(30)
    made.connect(str(path))
    return made


def get(path: Path, target: str = "/metrics", method: str = "GET") -> tuple[int, str, str]:
    """The status, the type and the page."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = connect(path)
    connection.request(method, target)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], page


class Broker:
    """Our end of the control socket, and a process that is a thread here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = 0
        self.answers = True
        listening = listen.listen(Place(path=str(path)), socket.SOCK_STREAM)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = threading.Thread(target=self._process, args=(listening, theirs))
        self.process.start()
        self.thread = threading.Thread(target=self._answer)
        self.thread.start()

    def _process(self, listening: socket.socket, control: socket.socket) -> None:
        with control:
            metrics.run(listening, control)

    def _answer(self) -> None:
        while (packet := self.control.recv(64)) == status.ASK:
            self.asked += 1
            if self.answers:
                self.control.send(b'{"waiting": %d}' % self.asked)
        assert packet == b""

    def connect(self) -> socket.socket:
        return connect(self.path)

    def get(self, target: str = "/metrics", method: str = "GET") -> tuple[int, str, str]:
        return get(self.path, target, method)

    def end(self) -> None:
        self.control.send(b"d")
        self.process.join(30)
        self.thread.join(30)
        self.control.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "metrics")
    yield made
    made.end()
    assert not made.process.is_alive(), "it has not drained"


def test_the_metrics(broker: Broker) -> None:
    code, kind, page = broker.get()
    assert (code, kind) == (200, exposition.TYPE)
    assert page.splitlines()[-1] == "mdafilter_connections_waiting 1"


def test_there_is_nothing_else(broker: Broker) -> None:
    assert broker.get("/")[0] == 404
    assert broker.get("/metrics/..%2fetc")[0] == 404
    assert broker.get(method="POST")[0] == 501
    assert broker.asked == 0


def test_however_often_it_is_asked_the_broker_is_not(broker: Broker) -> None:
    began = time.monotonic()
    for _ in range(50):
        assert broker.get()[0] == 200
    assert broker.asked <= 1 + (time.monotonic() - began) / metrics.FRESH


def test_a_broker_that_does_not_answer_is_503_and_then_all_is_well(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "PATIENCE", 0.1)
    broker.answers = False
    assert broker.get()[0] == 503
    broker.answers = True
    time.sleep(0.2)
    assert broker.get()[0] == 200


GARBAGE = [
    b"\r\n",
    b"\0" * 100,
    b"GET\r\n\r\n",
    b"GET /metrics HTTP/9.9\r\n\r\n",
    b"A" * 70_000,
    b"GET / HTTP/1.1\r\n" * 200,
]


@pytest.mark.parametrize("octets", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_harms_nobody(broker: Broker, octets: bytes) -> None:
    with broker.connect() as client:
        client.sendall(octets)
        client.shutdown(socket.SHUT_WR)
        assert b"200 OK" not in client.recv(4096)
    assert broker.get()[0] == 200


def test_clients_that_say_nothing_keep_nobody_out(broker: Broker) -> None:
    """The oldest make room, and hear the end."""
    silent = [broker.connect() for _ in range(metrics.THREADS * 3)]
    assert broker.get()[0] == 200
    assert silent[0].recv(1) == b""
    for one in silent:
        one.close()


def test_a_slow_client_has_so_long_and_no_longer(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "SECONDS", 0.2)
    with broker.connect() as client:
        end = time.monotonic() + 30
        try:
            while time.monotonic() < end:
                client.send(b"x")
                time.sleep(0.05)
        except BrokenPipeError:
            return  # it was hung up, although it always said something
    raise AssertionError("it was never hung up")


def test_the_end_of_the_control_socket_is_the_end(tmp_path: Path) -> None:
    made = Broker(tmp_path / "metrics")
    made.control.shutdown(socket.SHUT_RDWR)
    made.process.join(30)
    assert not made.process.is_alive()
    made.thread.join(30)
    made.control.close()


@pytest.mark.slow
def test_beside_a_service_it_has_no_rights_and_hostile_clients_hold_up_no_delivery() -> None:
    """It also comes back with the next version, and goes with the service."""
    path = Path(f"/tmp/mdafilter-metrics.{time.time_ns()}")

    def delivered(count: int) -> bool:
        try:
            return f'mdafilter_messages_total{{outcome="delivered"}} {count}\n' in get(path)[2]
        except (OSError, http.client.HTTPException):
            return False  # it has been hung up, for the crowd or for the next version

    with program("--metrics", f"unix:{path}") as service:
        service.ready()
        if os.geteuid() == 0:
            (pid,) = service.workers()
            until(lambda: owners(pid) == {65534})
        crowd = [connect(path) for _ in range(metrics.THREADS * 2)]
        for one in crowd[::2]:
            one.sendall(b"GET /metrics HTTP/1.1\r\n" * 50)
        assert service.deliver(mail()) == (0, "")
        for one in crowd:
            one.close()
        until(lambda: delivered(1))
        service.signal(signal.SIGHUP)
        service.ready(2)
        until(lambda: delivered(0))
        assert service.stop() == 0
        assert not path.exists()
