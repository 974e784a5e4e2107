"""The parent of the service: who connects, and who gets the connection. It never sees a message.

One loop over descriptors. A connection of mdafilter-deliver belongs to the user that the kernel says is behind it
(SO_PEERCRED), and nothing is read from it here. The LMTP door asks for a worker of a recipient's user over its own
socket. pool.py decides; the steps that it answers are carried out here: a worker is forked, a connection handed over
(SCM_RIGHTS), refused by closing it, a worker let go or killed. As nothing is read here, who is refused is told by the
kernel that nobody has the message (wire.py), and so is who still waits when this process ends, for whatever reason.

A connection that a worker has is kept open here too, until the worker says that it has done: if it is killed instead,
orphans.py sees to its client and its traces.

Nobody can make the loop wait: it reads whole packets of its own children and nothing of anybody else, every socket is
non-blocking, and what strangers have put into one is not waited for when it is closed (brief.py). Without descriptors
or processes it refuses, and clients deliver without it.

Signals: TERM and INT drain and end; HUP hands over to a new process image of the program (handover.py).
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import struct
import time

from mdafilter.serve import crew, log, wire
from mdafilter.serve.brief import brief, close, often
from mdafilter.serve.orphans import Orphans
from mdafilter.serve.pool import Hand, Hire, Kill, Pool, Refuse, Retire, Ticket
from mdafilter.serve.status import ASK, Book, figures
from mdafilter.serve.worker import CLIENT, DONE, LMTP, TIDY, Post, behind
from mdafilter.values import TYPE_CHECKING, Value, never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mdafilter.serve.pool import Size, Step
    from mdafilter.serve.slate import Slate

_UID = struct.Struct("<I")
_LEAVE_SECONDS = 10.0  # in which a worker that was let go has ended; its user can stop it (SIGSTOP), but not keep it
_AGAIN = 0.02  # after which a connection that no worker got is not tried again
_PAUSE = 0.2  # without descriptors, so long nothing is accepted
_GRACE = 30.0  # in which the workers finish at the end


class Task(Value):
    """What a worker is to do: a kind of worker.py, and a connection or the slate of a dead worker."""

    kind: bytes
    connection: socket.socket | None = None
    traces: bytes = b""


class Broker:
    """The loop and what it looks after."""

    def __init__(self, size: Size, *, maildir: tuple[int, str] | None = None) -> None:
        """`maildir`: the user of virtual mailboxes, and their template."""
        self.pool = Pool(size)
        self.book = Book(time.time())
        self.maildir = maildir
        self.workers: dict[int, crew.Worker] = {}
        self.children: dict[int, Callable[[int], None]] = {}  # by pid: what to do with its exit status
        self.loop = select.epoll()
        self.heard: dict[int, Callable[[], None]] = {}
        self.regular: list[Callable[[float], None]] = []  # what others have to do after some time
        self.ending: float | None = None  # by when
        self.paused: dict[int, float] = {}  # listening sockets that take nothing until then
        self.root = os.geteuid() == 0
        self.orphans = Orphans(self)

    # --- the loop ---

    def watch(self, fd: int, hear: Callable[[], None], events: int = select.EPOLLIN) -> None:
        """Calls `hear` when there is something on the descriptor; it must not wait for anything."""
        self.heard[fd] = hear
        self.loop.register(fd, events)

    def forget(self, fd: int) -> None:
        """No longer; before the descriptor is closed."""
        self.paused.pop(fd, None)
        if self.heard.pop(fd, None) is not None:
            self.loop.unregister(fd)

    def run(self) -> None:
        """Until the end: a signal, and all workers gone."""
        while not self._over():
            for fd, _events in self.loop.poll(self.pool.next_tick(), 64):
                if hear := self.heard.get(fd):
                    hear()
            if time.monotonic() - self._looked >= self.pool.next_tick():
                self._look()

    _looked = 0.0

    def _look(self) -> None:
        """What has to be done after some time."""
        now = self._looked = time.monotonic()
        self.do(self.pool.tick(now))
        for act in self.regular:
            act(now)
        for fd, until in list(self.paused.items()):
            if now >= until and fd in self.heard:
                del self.paused[fd]
                self.loop.modify(fd, select.EPOLLIN)
        for worker in self.workers.values():
            if worker.until is not None and now >= worker.until:
                worker.kill()

    def _over(self) -> bool:
        if self.ending is None:
            return False
        if time.monotonic() < self.ending and (self.workers or self.children):
            return False
        for worker in self.workers.values():
            worker.kill()
        return True

    def end(self) -> None:
        """Nothing more is taken; what waits is refused; who is busy finishes."""
        if self.ending is None:
            self.ending = time.monotonic() + _GRACE
            self.do(self.pool.close())
            self._looked = 0.0

    def reap(self) -> None:
        """Children that have ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if hear := self.children.pop(pid, None):
                hear(status)

    # --- who connects ---

    def accept(self, listening: socket.socket) -> None:
        """Takes a connection of mdafilter-deliver; the loop comes back as long as more of them wait."""
        if connection := self.accepted(listening):
            self.arrive(behind(connection)[0], Task(CLIENT, connection))

    def accepted(self, listening: socket.socket) -> socket.socket | None:
        """A connection; None where it has gone again, or there is no descriptor for it."""
        try:
            return listening.accept()[0]
        except OSError as failed:
            if failed.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._pause(listening)
            return None

    def _pause(self, listening: socket.socket) -> None:
        """No descriptors: who connects waits in the kernel's queue, and then delivers without us when that is full."""
        log.no_descriptors()
        self.loop.modify(listening.fileno(), 0)
        self.paused[listening.fileno()] = time.monotonic() + _PAUSE

    def requested(self, beside: socket.socket) -> bool:
        """What a process beside us asks for: a worker, or figures; one packet in a turn. False: it has ended."""
        try:
            with brief():
                packet, descriptors = wire.receive(beside, 64)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not packet:
            return False
        if packet == ASK:
            self._tell(beside)
        for connection in filter(None, map(_connection, descriptors)):
            if packet[:1] == LMTP and len(packet) == 1 + _UID.size:
                self.arrive(_UID.unpack(packet[1:])[0], Task(LMTP, connection))
            else:
                close(connection)
        return True

    def _tell(self, beside: socket.socket) -> None:
        told = figures(self.book, self.pool, time.monotonic(), time.time())
        try:
            beside.send(json.dumps(told).encode())
        except OSError:
            pass  # it does not listen, and will ask again

    def arrive(self, uid: int, task: Task) -> None:
        """A connection for this user; nobody but root serves others, and nobody serves root."""
        ticket = Ticket(uid, task, time.monotonic())
        allowed = uid != 0 if self.root else uid == os.geteuid()
        self.do(self.pool.arrive(ticket) if allowed and self.ending is None else [Refuse(ticket)])

    def tidy(self, uid: int, traces: bytes) -> None:
        """The traces of a dead worker of this user are to be removed."""
        self.arrive(uid, Task(TIDY, None, traces))

    # --- the steps of the pool ---

    def do(self, steps: Iterable[Step]) -> None:
        """Carries the steps out, and what follows from those that fail."""
        todo = list(steps)
        while todo:
            step = todo.pop(0)
            match step:
                case Hire():
                    todo += self._hire(step)
                case Hand():
                    todo += self._hand(step)
                case Retire(worker=number):
                    self._retire(number)
                case Kill(worker=number):
                    log.killed(self.workers[number].uid, self.workers[number].pid)
                    self.workers[number].kill()
                case Refuse(ticket=ticket):
                    self._refuse(ticket)
                case _:
                    never(step)

    def _hire(self, step: Hire) -> list[Step]:
        slates: list[Slate] = [w.slate for w in self.workers.values()]
        maildir = self.maildir[1] if self.maildir and self.maildir[0] == step.uid else ""
        try:
            worker = crew.hire(step.worker, Post(step.uid, maildir), slates)
        except OSError as failed:
            log.no_worker(step.uid, failed)
            return [*self.pool.gone(step.worker, time.monotonic()), *self.pool.hopeless(step.uid)]
        self.workers[step.worker] = worker
        self.book.hired += 1
        self.children[worker.pid] = lambda status: self._ended(worker, status)
        self.watch(worker.control.fileno(), lambda: self._done(worker))
        return []

    def _hand(self, step: Hand) -> list[Step]:
        worker, task = self.workers.get(step.worker), step.ticket.task
        assert isinstance(task, Task)
        if worker is None:  # it could not be made
            return self._again(step.ticket)
        connection = task.connection
        try:
            socket.send_fds(worker.control, [task.kind + task.traces], [connection.fileno()] if connection else [])
        except OSError:  # it is dead, and has not got it
            worker.kill()
            return [*self.pool.gone(step.worker, time.monotonic()), *self._again(step.ticket)]
        worker.connection, worker.traces = connection, task.traces
        return []

    def _again(self, ticket: Ticket) -> list[Step]:
        """What no worker got waits for another one, once."""
        if time.monotonic() - ticket.since > _AGAIN:
            return [Refuse(ticket)]
        return self.pool.arrive(ticket)

    def _refuse(self, ticket: Ticket) -> None:
        """A client delivers without us, as its request is unread; but nobody else tidies up, so that is tried again."""
        task = ticket.task
        assert isinstance(task, Task)
        if task.connection is not None:
            self.book.refused += 1
            close(task.connection)
        else:
            self.orphans.keep(ticket.uid, task.traces)

    def _retire(self, number: int) -> None:
        if worker := self.workers.get(number):
            self.forget(worker.control.fileno())
            worker.close()
            worker.until = time.monotonic() + _LEAVE_SECONDS

    # --- what becomes of the workers ---

    def _done(self, worker: crew.Worker) -> None:
        """A worker has done what it had, or is no more to be spoken to."""
        try:
            with brief():
                packet = worker.control.recv(64)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if len(packet) != DONE.size or not self.pool.busy(worker.number):
            self.forget(worker.control.fileno())
            worker.kill()  # it has closed its end, or talks nonsense: it is dead, or as good as dead
            return
        status, milliseconds, memory = DONE.unpack(packet)
        if worker.connection is not None:
            self.book.done(worker.uid, status, milliseconds / 1000)
            close(worker.connection)
        worker.connection, worker.traces = None, b""
        self.do(self.pool.idle(worker.number, time.monotonic(), memory))

    def _ended(self, worker: crew.Worker, status: int) -> None:
        """A worker is no more. Whether it had read the request is told to its client by the end of the connection."""
        del self.workers[worker.number]
        self.forget(worker.control.fileno())
        if status:
            self.book.died += 1
            log.died(worker.uid, worker.pid, os.waitstatus_to_exitcode(status))
        connection, traces = worker.connection, worker.slate.read()
        if connection is not None:
            self.orphans.adopt(connection, worker.uid, traces)
        self.orphans.keep(worker.uid, worker.traces)
        worker.close()
        worker.slate.close()
        self.do(self.pool.gone(worker.number, time.monotonic(), died=bool(status)))


def _connection(fd: int) -> socket.socket | None:
    """A descriptor as a connection; what is none is closed: who sends it sees the network, and is not trusted."""
    try:
        connection = socket.socket(fileno=fd)
    except OSError:
        os.close(fd)
        return None
    if (connection.family, connection.type) == (socket.AF_UNIX, socket.SOCK_SEQPACKET):
        return connection
    close(connection)
    return None


def signalled(broker: Broker, what: dict[int, Callable[[], None]]) -> None:
    """Has the loop hear signals: TERM and INT end it, CHLD reaps, and what the caller adds."""
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    heard = {signal.SIGTERM: broker.end, signal.SIGINT: broker.end, signal.SIGCHLD: broker.reap, **what}

    def hear() -> None:
        for number in set(os.read(read, 512)):
            if act := heard.get(signal.Signals(number)):
                act()

    for number in heard:
        signal.signal(number, lambda _number, _frame: None)
    often()
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)  # those that came during a handover
    broker.watch(read, hear)
