"""The processes beside the broker, which see what comes over the network: the LMTP door, and the metrics.

They have no rights but to ask the broker over their control socket (Broker.requested): not root's, and no user's. Each
is started with the service, and again when it ends by itself: at once, or after a pause where it lived for less. At
the end, and before the program is replaced (handover.py), they are told to drain: they take nothing more, finish what
they have, and end. Those of the image before us are heard until then.

In:    a Kind for each, and the user that they become where we are root.
Out:   processes; log.py says when one had to be started again.
Fails: SettingsError where the first of a kind cannot be started.
"""

from __future__ import annotations

import os
import signal
import time

from mdafilter.delivery import give_up_root
from mdafilter.errors import SettingsError
from mdafilter.serve import crew, log
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from mdafilter.serve.broker import Broker

DRAIN = b"d"
_PAUSE = 1.0


class Kind(Value):
    """What such a process does: `run`, with its end of the control socket, until it has drained."""

    name: str
    listening: tuple[socket.socket, ...]
    run: Callable[[socket.socket], None]


class Beside:
    """All of them."""

    def __init__(self, broker: Broker, user: tuple[int, int]) -> None:
        """`user`: uid and gid."""
        self.broker = broker
        self.user = user
        self.processes: dict[int, crew.Process] = {}
        self.due: dict[Kind, float] = {}  # those that are to be started again, and when
        broker.regular.append(self._again)

    def start(self, kind: Kind) -> None:
        """The first of its kind."""
        try:
            self._start(kind)
        except OSError as failed:
            raise SettingsError(f"cannot start the {kind.name}: {failed.strerror}") from failed

    def adopt(self, pid: int, control: socket.socket) -> None:
        """One of the image before us, which has been told to drain."""
        self._hear(crew.Process(pid, control), lambda _status: None)

    def drain(self) -> None:
        """They are to end."""
        for process in self.processes.values():
            try:
                process.control.send(DRAIN)
            except OSError:
                pass  # it has ended

    def _start(self, kind: Kind) -> None:
        slates = [w.slate for w in self.broker.workers.values()]

        def work(control: socket.socket) -> None:
            for slate in slates:
                slate.close()
            _become(*self.user)
            kind.run(control)

        pid, control = crew.fork(work, [s.fileno() for s in kind.listening])
        began = time.monotonic()

        def ended(status: int) -> None:
            if self.broker.ending is None:
                log.beside_ended(kind.name, pid, os.waitstatus_to_exitcode(status))
                now = time.monotonic()
                self.due[kind] = now if now - began >= _PAUSE else now + _PAUSE
                self._again(now)

        self._hear(crew.Process(pid, control), ended)

    def _hear(self, process: crew.Process, ended: Callable[[int], None]) -> None:
        broker, fd = self.broker, process.control.fileno()
        self.processes[process.pid] = process

        def hear() -> None:
            if not broker.requested(process.control):
                broker.forget(fd)
                process.kill()

        def reaped(status: int) -> None:
            del self.processes[process.pid]
            broker.forget(fd)
            process.close()
            ended(status)

        broker.children[process.pid] = reaped
        broker.watch(fd, hear)

    def _again(self, now: float) -> None:
        """Starts what has ended."""
        if self.broker.ending is not None:
            return
        for kind in [k for k, when in self.due.items() if now >= when]:
            self.due[kind] = now + _PAUSE
            try:
                self._start(kind)
                del self.due[kind]
            except OSError:
                pass  # no process or no descriptor is left: it stays due


def _become(uid: int, gid: int) -> None:
    """They see hostile octets. Signals of a terminal are the broker's, which tells them to drain."""
    os.umask(0o077)
    if os.geteuid() == 0:
        give_up_root(uid, gid)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
