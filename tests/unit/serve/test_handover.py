"""A new version takes over: `mdafilter serve` as it is started by hand, and real signals."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.serve import handover
from mdafilter.serve.handover import Inherited, Waiting
from tests.support.house import ROOT
from tests.support.processes import child, status
from tests.support.service import BOUND, Service, mail, program, until

pytestmark = pytest.mark.slow  # each starts the program two or three times


@pytest.fixture
def service() -> Iterator[Service]:
    """A service in which everybody has one worker."""
    with program("--per-user", "1") as started:
        started.ready()
        yield started


def taken_over(service: Service) -> None:
    """HUP, and the new image is ready."""
    service.signal(signal.SIGHUP)
    service.ready(2)


def test_the_process_and_its_sockets_stay_and_the_program_is_a_new_one(service: Service) -> None:
    pid, inode = service.pid, service.path.stat().st_ino
    assert service.deliver(mail()) == (0, "")
    taken_over(service)
    assert (service.pid, service.path.stat().st_ino) == (pid, inode)
    assert not service.gone()
    assert service.status()["hired"] == 0
    assert service.deliver(mail(2)) == (0, "")
    assert service.stop() == 0
    assert not service.path.exists()


def test_it_can_take_over_again_and_again(service: Service) -> None:
    for times in (2, 3):
        service.signal(signal.SIGHUP)
        service.ready(times)
        assert service.deliver(mail(times)) == (0, "")


def test_descriptors_do_not_pile_up(service: Service) -> None:
    def count() -> int:
        return len(os.listdir(f"/proc/{service.pid}/fd"))

    before = count()
    for times in (2, 3):
        service.signal(signal.SIGHUP)
        service.ready(times)
    until(lambda: count() == before)


def test_a_delivery_in_progress_is_finished_by_the_old_worker(service: Service) -> None:
    read, write = os.pipe()
    with service.taken(read) as connection:
        old = service.worker()
        taken_over(service)
        assert Path(f"/proc/{old}").exists()
        os.write(write, mail())
        os.close(write)
        assert connection.end() == (0, "")
        connection.acknowledge()
    os.close(read)
    until(lambda: not service.traces())
    until(lambda: old not in service.workers())
    assert len(service.inbox()) == 1


def test_who_waits_for_a_worker_waits_for_the_new_one(service: Service) -> None:
    with service.connect() as silent, service.connect() as waiting:
        until(lambda: service.status()["waiting"] == 1)
        waiting.ask(mail(), service.request())
        taken_over(service)
        assert waiting.end() == (0, "")
        waiting.acknowledge()
        silent.ask(mail(2), service.request())  # its worker is one of the image before
        assert silent.end() == (0, "")
        silent.acknowledge()
    assert len(service.inbox()) == 2


def test_connections_that_come_meanwhile_are_served(service: Service) -> None:
    service.signal(signal.SIGHUP)
    number = 0
    while not service.said("ready on", 2):
        number += 1
        assert service.deliver(mail(number)) == (0, "")
    assert service.deliver(mail(number + 1)) == (0, "")
    assert len(service.inbox()) == number + 1


def test_signals_that_come_meanwhile_end_nothing(service: Service) -> None:
    """Their default action would be the end of the process (signal(7)), until the new image hears them."""
    pid = service.pid
    end = time.monotonic() + BOUND
    while not service.said("ready on", 3):
        assert not service.gone(), service.log.read_text()
        assert time.monotonic() < end
        service.signal(signal.SIGHUP)
        time.sleep(0.005)
    assert service.deliver(mail()) == (0, "")
    assert service.pid == pid


def test_a_program_that_does_not_start_is_not_taken_over(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "mdafilter", tree / "mdafilter", ignore=shutil.ignore_patterns("__pycache__"))
    with program("--per-user", "1", tree=tree) as service:
        service.ready()
        assert service.deliver(mail()) == (0, "")
        worker = service.worker()
        (tree / "mdafilter" / "serve" / "pool.py").write_text("def broken(:\n")
        service.signal(signal.SIGHUP)
        until(lambda: service.said("the new version does not start"))
        assert service.deliver(mail(2)) == (0, "")
        assert service.worker() == worker
        assert not service.said("ready on", 2)
        shutil.copy(ROOT / "mdafilter" / "serve" / "pool.py", tree / "mdafilter" / "serve")
        taken_over(service)
        assert service.deliver(mail(3)) == (0, "")
        assert service.stop() == 0


def test_a_python_that_is_gone_is_not_taken_over(tmp_path: Path) -> None:
    """An environment that is made anew under the running service: for a while there is nothing to start."""
    (tmp_path / "bin").mkdir()
    shutil.copy(Path(sys.prefix, "pyvenv.cfg"), tmp_path)
    (tmp_path / "lib").symlink_to(Path(sys.prefix, "lib"))
    (python := tmp_path / "bin" / "python").symlink_to(sys.executable)
    with program("--per-user", "1", before=("/bin/sh", "-c", 'shift; exec "$0" "$@"', str(python))) as service:
        service.ready()
        python.unlink()
        service.signal(signal.SIGHUP)
        until(lambda: service.said("the new version does not start (No such file or directory)"))
        assert service.deliver(mail()) == (0, "")
        python.symlink_to(sys.executable)
        taken_over(service)
        assert service.deliver(mail(2)) == (0, "")


# --- what goes along ---


def test_only_the_process_itself_takes_what_was_left() -> None:
    assert handover.take({}) is None
    environ = {handover.VARIABLE: '{"pid": 1, "sockets": [], "waiting": [], "doors": []}'}
    assert handover.take(environ) is None
    assert environ == {}


def test_what_is_left_is_what_is_taken(tmp_path: Path) -> None:
    """Through a real exec(3), into a program that looks at it."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(str(tmp_path / "s"))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    code = f"""
import os
from mdafilter.serve import handover
found = handover.take(os.environ)
(listening,), (waiting,), ((pid, door),) = found.sockets, found.waiting, found.doors
assert listening.getsockname() == {str(tmp_path / "s")!r}
assert (waiting.uid, waiting.kind, pid) == (7, b"c", 8)
assert not any(os.get_inheritable(s.fileno()) for s in (listening, waiting.connection, door))
waiting.connection.send(b"here")
"""

    def work() -> int:
        handover.command = lambda: ["python", "-c", code]
        os.chdir(ROOT)
        handover.leave(Inherited((listening,), (Waiting(theirs, 7, b"c"),), ((8, theirs.dup()),)), {"PYTHONPATH": "."})
        return 1

    assert status(child(work)) == 0
    theirs.close()
    listening.close()
    with ours:
        assert ours.recv(100) == b"here"


def test_where_exec_fails_all_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environ: dict[str, str] = {}
    with ours, theirs:
        with pytest.raises(FileNotFoundError):
            handover.leave(Inherited((ours,)), environ)
        assert environ == {}
        assert not os.get_inheritable(ours.fileno())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
