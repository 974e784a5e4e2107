"""The workers and the LMTP doors as processes: forked from the broker, spoken to over a socket, watched until they end.

A forked process keeps nothing of the broker but its memory: all descriptors but its own are closed, and the slates of
others are no longer mapped. What it does is worker.main, or a Kind of beside.py; whatever comes out of that ends the
process.

In:    a number and a user; who forks is the broker, in its own thread and with no other.
Out:   a Worker, or the pid of another process, with the broker's end of its socket.
Fails: OSError where no process, socket or memory is to be had.
"""

from __future__ import annotations

import os
import signal
import socket

from mdafilter.serve import brief, worker
from mdafilter.serve.slate import Slate
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mdafilter.serve.worker import Post


class Process:
    """A child of the broker. `control` is our end; what it writes to standard error is the broker's."""

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
        self.control = control

    def kill(self) -> None:
        """Ends it at once."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended, and waits to be reaped

    def close(self) -> None:
        """Lets it go: it ends when it has done what it has in hand."""
        brief.close(self.control)


class Worker(Process):
    """A worker. `connection` is the one that it has: the broker keeps it, too, until the worker has done.

    `traces` are those of a dead worker which this one is to remove.
    """

    def __init__(self, pid: int, control: socket.socket, number: int, uid: int, slate: Slate) -> None:
        super().__init__(pid, control)
        self.number = number
        self.uid = uid
        self.slate = slate
        self.connection: socket.socket | None = None
        self.traces = b""
        self.until: float | None = None  # by when it has to end, once it was let go


def hire(number: int, post: Post, slates: Iterable[Slate]) -> Worker:
    """Forks a worker. `slates` are those of all others."""
    slate = Slate()

    def work(control: socket.socket) -> None:
        for other in slates:
            other.close()
        worker.main(control, slate, post)

    pid, control = fork(work, ())
    return Worker(pid, control, number, post.uid, slate)


def fork(work: Callable[[socket.socket], None], kept: Iterable[int]) -> tuple[int, socket.socket]:
    """A process that does `work` with its end of a socket; it keeps the descriptors `kept`, and standard error."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    status = 75
    try:
        signal.set_wakeup_fd(-1)
        os.setsid()  # the terminal of whoever started the service is not the user's (ioctl_tty(2), TIOCSTI)
        _close_all_but({theirs.fileno(), *kept})
        _standard()
        work(theirs)
        status = 0
    except BaseException as failed:  # noqa: BLE001 - its connections end, and their clients with "try again" or the one-shot
        os.write(2, f"mdafilter: a process of the service ended: {type(failed).__name__}: {failed}\n".encode())
    finally:
        os._exit(status)


def _standard() -> None:
    """Nothing to read, and to write standard error alone: a terminal there is not for others to read from."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    if os.isatty(2):
        try:
            terminal = os.open(os.ttyname(2), os.O_WRONLY | os.O_NOCTTY)
            os.dup2(terminal, 2)
            os.close(terminal)
        except OSError:
            os.dup2(null, 2)  # it is somebody else's: what we have to say is lost
    os.close(null)


def _close_all_but(kept: set[int]) -> None:
    last = 2
    for fd in sorted(kept):
        os.closerange(last + 1, fd)
        last = fd
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))
