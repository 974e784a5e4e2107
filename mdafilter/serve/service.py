"""The service put together: sockets, broker, the processes beside it, signals. `mdafilter serve` runs it.

In:    Options, as the command line says them.
Out:   never, but by TERM, INT, or a handover.
Fails: SettingsError before anything is taken: a socket that cannot be made, a user that does not exist.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import resource
import signal
import socket
import time

import mdafilter
from mdafilter import values
from mdafilter.errors import SettingsError
from mdafilter.serve import brief, handover, listen, log, rehearsal, status
from mdafilter.serve.beside import Beside, Kind
from mdafilter.serve.broker import Broker, Task, signalled
from mdafilter.serve.door import loop as door
from mdafilter.serve.handover import Inherited, Waiting
from mdafilter.serve.listen import Place
from mdafilter.serve.pool import Size
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

ELSEWHERE = ("mdafilter.cli", "mdafilter.train", "mdafilter.serve")
TRIAL_SECONDS = 60.0
USED_LATER = "pwd resource tomllib zlib _json re lzma unicodedata hmac".split()  # of Python's own, by deliveries


class Options(Value):
    """All that the command line says."""

    socket: Place
    status: Place
    lmtp: tuple[Place, ...] = ()
    lmtp_mode: int = 0o660
    lmtp_group: int = -1
    door: door.Options = door.Options()
    metrics: Place | None = None
    user: tuple[int, int] = (-1, -1)  # uid and gid of the processes that need no rights, where we are root
    maildir: tuple[int, str] | None = None  # the user of virtual mailboxes, and their template
    size: Size = Size()


class Service:
    """A broker with all that belongs to it."""

    def __init__(self, options: Options, environ: MutableMapping[str, str]) -> None:
        _standard()
        self.options = options
        self.environ = environ
        self.broker = Broker(options.size, maildir=options.maildir)
        self.beside = Beside(self.broker, options.user)
        self.trial = 0  # the process in which the program is tried that is installed now; 0 is none
        self.late = 0.0
        self.broker.regular.append(self._hurry)
        inherited = handover.take(environ)
        given = listen.given(environ) if inherited is None else list(inherited.sockets)
        self.clients = _of(given, socket.AF_UNIX, socket.SOCK_SEQPACKET)
        streams = [s for s in given if s not in self.clients]
        self.status = [s for s in streams if options.status.has(s)]
        self.metrics = [s for s in streams if options.metrics and options.metrics.has(s)]
        self.lmtp = [s for s in streams if s not in (*self.status, *self.metrics)]
        self.inherited = inherited or Inherited()

    def run(self) -> None:
        """Takes connections until the end."""
        try:
            self._listen()
        except SettingsError:
            self._gone()  # a socket that nobody listens on says that a service runs
            raise
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        values.quicken()
        rehearsal.rehearse()
        gc.collect()
        gc.freeze()  # what is there now is shared with the workers, as long as nobody looks at it for garbage
        broker = self.broker
        signalled(broker, {signal.SIGHUP: self._trial, signal.SIGTERM: self.end, signal.SIGINT: self.end})
        for pid, control in self.inherited.doors:
            self.beside.adopt(pid, control)
        if self.lmtp:
            self.beside.start(Kind("LMTP door", tuple(self.lmtp), self._door))
        for one in self.metrics:
            self.beside.start(Kind("metrics process", (one,), _metrics(one)))
        for listening in self.clients:
            broker.watch(listening.fileno(), lambda listening=listening: broker.accept(listening))  # type: ignore[misc]
        for listening in self.status:
            broker.watch(listening.fileno(), lambda listening=listening: self._tell(listening))  # type: ignore[misc]
        for waits in self.inherited.waiting:
            broker.arrive(waits.uid, Task(waits.kind, waits.connection))
        listen.notify(self.environ, "READY=1")
        log.ready([str(Place.of(s)) for s in (*self.clients, *self.lmtp, *self.metrics)])
        broker.run()

    def _listen(self) -> None:
        """Makes the sockets that nobody has given us."""
        options = self.options
        if not self.clients:
            self.clients = [listen.listen(options.socket, socket.SOCK_SEQPACKET)]
        if not self.status:
            self.status = [listen.listen(options.status, socket.SOCK_STREAM, 0o600)]
        if options.metrics and not self.metrics:
            self.metrics = [listen.listen(options.metrics, socket.SOCK_STREAM)]
        for place in options.lmtp:
            if not any(place.has(s) for s in self.lmtp):
                made = listen.listen(place, socket.SOCK_STREAM, options.lmtp_mode, options.lmtp_group)
                self.lmtp.append(made)

    def _door(self, control: socket.socket) -> None:
        door.run(self.lmtp, control, self.options.door)

    # --- signals ---

    def end(self) -> None:
        """TERM: what is in hand is finished; who comes now finds nobody, and delivers without us."""
        if self.broker.ending is not None:
            return
        log.ends()
        listen.notify(self.environ, "STOPPING=1")
        self.beside.drain()
        self._gone()
        self.broker.end()

    def _gone(self) -> None:
        """Takes away the sockets that we made; those of systemd stay."""
        for one in self._sockets():
            path = Place.of(one).path
            if path and one.fileno() not in listen.systemd(self.environ):
                try:
                    os.unlink(path)
                except OSError:
                    pass  # somebody has removed it
            self.broker.forget(one.fileno())
            brief.close(one)  # with those who wait to be accepted: they hear that nobody has read what they sent

    def _trial(self) -> None:
        """HUP: tries the program that is installed now."""
        if self.trial or self.broker.ending is not None:
            return
        listen.notify(self.environ, f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            self.trial = handover.trial()
        except OSError as failed:  # its Python is gone, or there is no process to be had
            self._stay(f"{failed.strerror}")
            return
        self.late = time.monotonic() + TRIAL_SECONDS
        self.broker.children[self.trial] = self._tried

    def _hurry(self, now: float) -> None:
        """A program that does not come up in time does not come up."""
        if self.trial and now >= self.late:
            os.kill(self.trial, signal.SIGKILL)

    def _tried(self, code: int) -> None:
        self.trial = 0
        if code:
            self._stay(f"status {os.waitstatus_to_exitcode(code)}")
            return
        tasks = [(t.uid, t.task) for queue in self.broker.pool.waiting.values() for t in queue]
        waiting = tuple(
            Waiting(task.connection, uid, task.kind)
            for uid, task in tasks
            if isinstance(task, Task) and task.connection is not None
        )
        doors = tuple((p.pid, p.control) for p in self.beside.processes.values())
        self.beside.drain()
        try:
            handover.leave(Inherited(self._sockets(), waiting, doors), self.environ)
        except OSError as failed:
            self._stay(f"{failed.strerror}")

    def _stay(self, why: str) -> None:
        """We go on as we are."""
        log.not_taken_over(why)
        listen.notify(self.environ, "READY=1")

    def _sockets(self) -> tuple[socket.socket, ...]:
        return (*self.clients, *self.status, *self.lmtp, *self.metrics)

    # --- status ---

    def _tell(self, listening: socket.socket) -> None:
        """Who connects to the status socket gets the figures, and is asked nothing."""
        connection = self.broker.accepted(listening)
        if connection is None:
            return
        with connection:
            connection.setblocking(False)
            broker = self.broker
            try:
                connection.send(status.snapshot(broker.book, broker.pool, time.monotonic(), time.time()).encode())
            except OSError:
                pass  # it has gone


def _standard() -> None:
    """Closed, 0 to 2 would be given to sockets: what is said on standard error would go there, and workers keep it."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)


def _metrics(listening: socket.socket) -> Callable[[socket.socket], None]:
    def work(control: socket.socket) -> None:
        from mdafilter.serve import metrics  # it needs a web server, and nobody else does

        metrics.run(listening, control)

    return work


def load_all() -> None:
    """Imports all that a delivery may want to import later: every worker has it from the beginning, and shares it."""
    for module in pkgutil.walk_packages(mdafilter.__path__, "mdafilter."):
        if not module.name.startswith(ELSEWHERE):
            importlib.import_module(module.name)
    for name in USED_LATER:
        importlib.import_module(name)


def _of(given: list[socket.socket], family: int, kind: int) -> list[socket.socket]:
    return [s for s in given if s.family == family and s.type == kind]
