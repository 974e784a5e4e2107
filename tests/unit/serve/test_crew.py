"""Children of the broker as processes: what they keep of it, and how they end."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from mdafilter.serve import crew
from mdafilter.serve.crew import Process
from mdafilter.serve.slate import Slate
from mdafilter.serve.worker import Post
from tests.support.processes import child, status
from tests.support.service import BOUND, NOBODY, needs_root


def said(control: socket.socket) -> bytes:
    control.settimeout(BOUND)
    return control.recv(100_000)


def answer(work: Callable[[], str]) -> tuple[str, int]:
    """What a child finds out, and its exit status."""
    pid, control = crew.fork(lambda theirs: theirs.sendall(work().encode()), ())
    with control:
        return said(control).decode(), status(pid)


def test_it_has_its_end_of_a_socket_and_no_other_descriptor() -> None:
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
    found, code = answer(lambda: " ".join(sorted(os.listdir("/proc/self/fd"), key=int)))
    for fd in held:
        os.close(fd)
    assert code == 0
    assert len(found.split()) == 5  # the standard ones, the socket, and the folder that is being listed
    assert found.split()[:3] == ["0", "1", "2"]


def test_it_keeps_what_it_is_to_keep() -> None:
    one, other = socket.socketpair()
    pid, control = crew.fork(lambda _theirs: one.sendall(b"here"), [one.fileno()])
    with control, one, other:
        assert said(other) == b"here"
        assert status(pid) == 0


def test_it_reads_nothing_from_the_terminal_of_the_service() -> None:
    """Of standard error there is a terminal behind when it is started by hand, and a terminal is open for both."""

    def say(_theirs: socket.socket) -> None:
        os.write(2, b"said")

    def work() -> int:
        main, terminal = os.openpty()
        os.dup2(terminal, 2)
        found, code = answer(lambda: str(fcntl.fcntl(2, fcntl.F_GETFL) & os.O_ACCMODE))
        pid, control = crew.fork(say, ())
        control.close()
        return 0 if (found, code, status(pid), os.read(main, 10)) == (str(os.O_WRONLY), 0, 0, b"said") else 1

    assert status(child(work)) == 0


def test_it_sees_that_we_let_it_go() -> None:
    pid, control = crew.fork(lambda theirs: os._exit(len(theirs.recv(1)) + 7), ())
    Process(pid, control).close()
    assert status(pid) == 7


def test_whatever_it_raises_ends_it_with_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    def work(_control: socket.socket) -> None:
        raise RuntimeError("it happened")

    pid, control = crew.fork(work, ())
    control.close()
    assert status(pid) == 75
    assert capfd.readouterr().err == "mdafilter: a process of the service ended: RuntimeError: it happened\n"


def test_it_does_not_go_on_as_we_do() -> None:
    """Not even by what is raised to end a process: the code of the broker is not run twice."""

    def work(_control: socket.socket) -> None:
        raise SystemExit(3)

    pid, control = crew.fork(work, ())
    control.close()
    assert status(pid) == 75


def test_its_signals_are_not_ours(capfd: pytest.CaptureFixture[str]) -> None:
    """A byte for each signal goes to the broker's loop; those that a child gets do not."""

    def broker() -> int:
        read, write = os.pipe2(os.O_NONBLOCK)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.set_wakeup_fd(write)
        pid, _control = crew.fork(lambda _theirs: os.kill(os.getpid(), signal.SIGTERM), ())
        os.waitpid(pid, 0)
        try:
            return len(os.read(read, 10))
        except BlockingIOError:
            return 0

    assert status(child(broker)) == 0


def test_killed_it_is_gone_and_killed_again_it_is_no_failure() -> None:
    pid, control = crew.fork(lambda theirs: signal.pause(), ())
    process = Process(pid, control)
    process.kill()
    assert status(pid) == -signal.SIGKILL
    process.kill()
    process.close()


@needs_root
def test_a_worker_has_its_own_slate_alone() -> None:
    others = [Slate(), Slate()]
    worker = crew.hire(1, Post(NOBODY), others)
    maps = Path(f"/proc/{worker.pid}/maps")
    for _ in range(int(BOUND * 100)):
        if b"Uid:\t%d" % NOBODY in Path(f"/proc/{worker.pid}/status").read_bytes():
            break
        signal.sigtimedwait((), 0.01)
    assert maps.read_text().count("rw-s") == 1
    worker.close()
    assert status(worker.pid) == 0
    for page in (*others, worker.slate):
        page.close()


@needs_root
def test_nobody_can_be_hired_for_root(capfd: pytest.CaptureFixture[str]) -> None:
    worker = crew.hire(1, Post(0), ())
    assert status(worker.pid) == 75
    worker.close()
    worker.slate.close()
    assert "will not deliver as root" in capfd.readouterr().err
