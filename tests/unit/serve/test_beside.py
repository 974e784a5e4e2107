"""The processes beside the broker, as real processes: they lose their rights, come back when they die, and drain."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from mdafilter.errors import SettingsError
from mdafilter.serve import crew
from mdafilter.serve.beside import DRAIN, Beside, Kind
from mdafilter.serve.broker import Broker
from mdafilter.serve.pool import Size
from mdafilter.serve.slate import Slate
from mdafilter.serve.worker import LMTP

NOBODY = 65534


class Stage:
    """A broker whose loop turns only as long as a test waits, and what its processes say."""

    def __init__(self) -> None:
        self.broker = Broker(Size())
        self.beside = Beside(self.broker, (NOBODY, NOBODY))
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.setblocking(False)

    def kind(self, run: Callable[[socket.socket], None]) -> Kind:
        return Kind("process", (self.theirs,), run)

    def said(self) -> str:
        try:
            return self.ours.recv(1000).decode()
        except BlockingIOError:
            return ""

    def until(self, true: Callable[[], object]) -> None:
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end, "it does not happen"
            for fd, _events in self.broker.loop.poll(0.02):
                if hear := self.broker.heard.get(fd):
                    hear()
            self.broker.reap()
            self.broker._look()

    def hear(self) -> str:
        heard: list[str] = []

        def said() -> bool:
            heard.append(self.said())
            return bool(heard[-1])

        self.until(said)
        return heard[-1]

    def close(self) -> None:
        for process in self.beside.processes.values():
            process.kill()
        self.broker.ending = time.monotonic()
        self.until(lambda: not self.beside.processes)
        self.broker.loop.close()
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def obedient(stage: Stage) -> Kind:
    """Says its pid, and waits for the end."""

    def run(control: socket.socket) -> None:
        stage.theirs.send(str(os.getpid()).encode())
        stage.theirs.send(control.recv(64))

    return stage.kind(run)


def test_it_has_no_rights(stage: Stage) -> None:
    def run(control: socket.socket) -> None:
        about = (os.getresuid(), os.getresgid(), os.getgroups(), os.umask(0), signal.getsignal(signal.SIGINT).name)  # type: ignore[union-attr]
        stage.theirs.send(repr(about).encode())
        control.recv(64)

    stage.beside.start(stage.kind(run))
    uid, gid = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    groups = [] if os.geteuid() == 0 else os.getgroups()
    assert stage.hear() == repr(((uid,) * 3, (gid,) * 3, groups, 0o077, "SIG_IGN"))


def test_it_sees_no_slate(stage: Stage) -> None:
    """What a worker notes there is removed in its user's name: nobody else may write to it."""
    slate = Slate()
    ours, theirs = socket.socketpair()
    stage.broker.workers[1] = crew.Worker(0, ours, 1, 1001, slate)

    def run(control: socket.socket) -> None:
        try:
            slate.write(["/x"])
        except ValueError:
            stage.theirs.send(b"closed")
        control.recv(64)

    stage.beside.start(stage.kind(run))
    assert stage.hear() == "closed"
    stage.broker.workers.clear()
    for one in (ours, theirs, slate):
        one.close()


def test_it_keeps_no_descriptor_but_its_own(stage: Stage) -> None:
    with socket.socket() as other:

        def run(control: socket.socket) -> None:
            try:
                os.fstat(other.fileno())
            except OSError as failed:
                stage.theirs.send(f"errno {failed.errno}".encode())
            control.recv(64)

        stage.beside.start(stage.kind(run))
        assert stage.hear() == "errno 9"


def test_one_that_dies_is_started_again(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.beside.start(obedient(stage))
    first = stage.hear()
    os.kill(int(first), signal.SIGKILL)
    assert stage.hear() not in ("", first)
    assert f"the process {first} ended with -9; starting another one" in capfd.readouterr().err


def test_one_that_dies_at_once_does_not_keep_the_broker_busy(stage: Stage) -> None:
    def run(_control: socket.socket) -> None:
        stage.theirs.send(str(os.getpid()).encode())

    stage.beside.start(stage.kind(run))
    first = stage.hear()
    stage.until(lambda: stage.beside.due)
    assert not stage.beside.processes, "it has a pause before it"
    assert stage.hear() != first


def test_one_that_cannot_be_started_again_stays_due(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.beside.start(obedient(stage))
    first = stage.hear()
    fork, tried = crew.fork, []

    def fails(*given: object) -> tuple[int, socket.socket]:
        tried.append(given)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(crew, "fork", fails)
    os.kill(int(first), signal.SIGKILL)
    stage.until(lambda: len(tried) > 1)
    monkeypatch.setattr(crew, "fork", fork)
    assert stage.hear() != first


def test_the_first_that_cannot_be_started_is_an_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: object) -> tuple[int, socket.socket]:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(crew, "fork", fails)
    with pytest.raises(SettingsError, match="cannot start the process: Resource temporarily unavailable"):
        stage.beside.start(obedient(stage))


def test_they_drain_at_the_end_and_are_not_started_again(stage: Stage) -> None:
    stage.beside.start(obedient(stage))
    stage.hear()
    stage.beside.drain()
    stage.broker.end()
    assert stage.hear() == DRAIN.decode()
    stage.until(lambda: not stage.beside.processes)
    assert (stage.beside.due, stage.broker.children) == ({}, {})


def test_one_of_the_image_before_is_heard_until_it_ends(stage: Stage) -> None:
    def run(control: socket.socket) -> None:
        control.send(b"m")
        stage.theirs.send(control.recv(60_000)[:12])

    pid, control = crew.fork(run, [stage.theirs.fileno()])
    stage.beside.adopt(pid, control)
    assert stage.hear().startswith('{"version":')
    stage.until(lambda: not stage.beside.processes)
    assert stage.beside.due == {}


@pytest.mark.parametrize("what", ["pipe", "stream"])
def test_what_is_no_connection_is_closed(stage: Stage, what: str) -> None:
    """Such a process sees what comes over the network: who has taken it over may send anything."""

    def run(control: socket.socket) -> None:
        kept, sent = os.pipe() if what == "pipe" else [one.detach() for one in socket.socketpair()]
        socket.send_fds(control, [LMTP + (1001).to_bytes(4, "little")], [sent])
        os.close(sent)
        stage.theirs.send(b"closed" + os.read(kept, 1))  # the end, when nobody has the other one any more
        control.recv(64)

    stage.beside.start(stage.kind(run))
    assert stage.hear() == "closed"
    assert not stage.broker.pool.members


def test_one_that_talks_without_end_gets_its_turn_and_no_more(stage: Stage) -> None:
    """And whoever does not take the answers makes nobody wait."""

    def run(control: socket.socket) -> None:
        stage.theirs.send(b"starts")
        while True:
            control.send(b"m")

    stage.beside.start(stage.kind(run))
    assert stage.hear() == "starts"
    (process,) = stage.beside.processes.values()
    for _ in range(10):
        assert stage.broker.requested(process.control)
