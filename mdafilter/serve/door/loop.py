"""The LMTP door: a process that speaks LMTP with Postfix, and has each recipient's message delivered by a worker.

It sees octets of strangers, and so has no rights at all: it is forked by the broker and becomes an unprivileged user
before run(). One loop (epoll(7)) has all connections; nothing in it waits for a client, a worker or the broker.

Over `control` the broker hears "l" and a user's number, with one end of a socket pair: a worker of that user takes it
up. It says "d" when the door is to close: nobody is let in any more, a message that has begun is finished, and then its
client hears 421. The end of file is the end of the broker: what is in hand ends as its workers end, the rest gets 451.

In:    sockets that listen, the control socket, Options.
Out:   returns when it was told to close, and the last client has gone.
Fails: a client that cannot be served hears 421, and a message that cannot be delivered 451; Postfix tries again. No
       descriptors are left: who connects waits in the kernel's queue. A defect is told on standard error.
"""

from __future__ import annotations

import errno
import os
import resource
import select
import socket
import time
import traceback
from collections import deque

from mdafilter import limits
from mdafilter.serve.door.connection import Connection
from mdafilter.serve.door.delivery import LATE, NO_WORKER
from mdafilter.serve.door.recipients import Recipients, Virtual
from mdafilter.serve.lmtp import Reply
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.serve.door.delivery import Delivery

SWEEP = 1.0  # seconds between two looks at what takes too long
ACCEPT = 64  # connections that are taken before others are looked after
TOO_MANY = Reply(421, "4.3.2", "Too many connections; try again")
NO_DELIVERY = Reply(451, "4.3.0", "No delivery can be begun now")
DRAIN = b"d"


class Options(Value):
    """What the door is told at its start."""

    hostname: str = ""  # in the greeting; "" is that of the machine
    max_size: int = 0  # octets of a message; 0 is without a limit
    spool: str = "/tmp"  # the folder for messages that are not small
    recipient_delimiter: str = "+"  # as in Postfix' main.cf
    virtual: Virtual | None = None
    own: int | None = None  # all mail is this user's
    connections: int = limits.LMTP_CONNECTIONS
    command_seconds: float = limits.LMTP_COMMAND_SECONDS
    delivery_seconds: float = limits.LMTP_DELIVERY_SECONDS


def run(listeners: list[socket.socket], control: socket.socket, options: Options) -> None:
    """Serves until the broker has it close. The sockets are its own from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    door = Door(listeners, control, options)
    try:
        door.run()
    finally:
        door.close()


class Door:
    """The loop. `leaving`: nobody is let in; `alone`: there is no broker any more."""

    def __init__(self, listeners: list[socket.socket], control: socket.socket, options: Options) -> None:
        self.options = options
        self.hostname = options.hostname or os.uname().nodename
        self.recipients = Recipients(options.recipient_delimiter, options.virtual, options.own)
        self.poll = select.epoll()
        self.now = time.monotonic()
        self.leaving = self.alone = False
        self.waiting: deque[Delivery] = deque()  # to be begun, in their turn
        self._control = control
        self._listeners = listeners
        self._paused = 0.0  # until when nobody is let in
        self._connections: set[Connection] = set()
        self._running: dict[int, Delivery] = {}
        self._calls: dict[int, Callable[[int], None]] = {}
        for one in listeners:
            one.setblocking(False)
            self._watch(one.fileno(), lambda _mask, one=one: self._accept(one))  # type: ignore[misc]
        control.setblocking(False)
        self._watch(control.fileno(), self._told)

    def run(self) -> None:
        """Serves."""
        swept = self.now
        while not (self.leaving and not self._connections and not self._running):
            events = self.poll.poll(SWEEP)
            self.now = time.monotonic()
            for fd, mask in events:
                if call := self._calls.get(fd):
                    call(mask)
            self._begin()
            if self.now - swept >= SWEEP:
                swept = self.now
                self._sweep()

    def close(self) -> None:
        """Gives up all descriptors."""
        for connection in list(self._connections):
            connection.close()
        for delivery in self._running.values():
            delivery.close()
        for one in (*self._listeners, self._control):
            one.close()
        self.poll.close()

    def part(self, connection: Connection) -> None:
        """A connection closes."""
        self._connections.discard(connection)
        self._forget(connection.fileno)

    def defect(self, failed: BaseException) -> None:
        """Something that must not happen has happened, and the door goes on."""
        text = "".join(traceback.format_exception(failed))
        try:
            os.write(2, f"mdafilter serve: the LMTP door: {text}".encode("utf-8", "replace"))
        except OSError:
            pass  # nobody listens

    def _watch(self, fd: int, call: Callable[[int], None], mask: int = select.EPOLLIN) -> None:
        self._calls[fd] = call
        self.poll.register(fd, mask)

    def _forget(self, fd: int) -> None:
        if self._calls.pop(fd, None) is not None:
            self.poll.unregister(fd)

    # --- clients ---

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPT):
            try:
                sock, _address = listening.accept()
            except BlockingIOError:
                return
            except OSError as failed:
                if failed.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._pause()
                return  # or the client was gone before we came
            sock.setblocking(False)
            if len(self._connections) >= self.options.connections:
                _refuse(sock)
                continue
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock)
            self._connections.add(connection)
            self._watch(sock.fileno(), connection.ready)
            connection.greet()

    def _pause(self) -> None:
        """No descriptors: nobody is let in for a moment. Those who are in give some back."""
        self._paused = self.now + SWEEP
        for one in self._listeners:
            self.poll.modify(one.fileno(), 0)

    # --- the broker ---

    def _told(self, mask: int) -> None:
        try:
            packet = self._control.recv(64)
        except BlockingIOError:
            if mask & select.EPOLLOUT:  # it takes deliveries again
                self.poll.modify(self._control.fileno(), select.EPOLLIN)
            return
        except OSError:
            packet = b""
        if packet == DRAIN:
            self._leave()
        elif not packet:
            self._forget(self._control.fileno())
            self.alone = True
            self._leave()
            while self.waiting:  # nobody could take them
                delivery = self.waiting.popleft()
                delivery.connection.done(delivery, NO_WORKER)

    def _leave(self) -> None:
        """Lets nobody in any more."""
        if not self.leaving:
            self.leaving = True
            for one in self._listeners:
                self._forget(one.fileno())
                one.close()
        for connection in list(self._connections):
            connection.session.leaving = True
            connection.look()

    # --- deliveries ---

    def _begin(self) -> None:
        """Begins deliveries, as many as may run."""
        while self.waiting and len(self._running) < limits.LMTP_DELIVERIES:
            delivery = self.waiting.popleft()
            if delivery.connection.gone:  # nobody would hear of it; the client sends it again
                delivery.connection.done(delivery, NO_DELIVERY)
                continue
            try:
                fd = delivery.start(self._control)
            except BlockingIOError:  # the broker is busy
                self.waiting.appendleft(delivery)
                self.poll.modify(self._control.fileno(), select.EPOLLIN | select.EPOLLOUT)
                return
            except OSError:
                delivery.connection.done(delivery, NO_DELIVERY)  # 451: Postfix keeps it
                continue
            self._running[fd] = delivery
            self._watch(fd, lambda _mask, delivery=delivery: self._hear(delivery))  # type: ignore[misc]

    def _hear(self, delivery: Delivery) -> None:
        answer = delivery.hear()
        if answer is not None:
            self._end(delivery, answer)

    def _end(self, delivery: Delivery, answer: Reply) -> None:
        fd = delivery.fileno
        if self._running.pop(fd, None) is not None:
            self._forget(fd)
        delivery.connection.done(delivery, answer)

    def _sweep(self) -> None:
        """Ends what takes too long."""
        for delivery in [d for d in self._running.values() if d.due <= self.now]:
            self._end(delivery, LATE)
        late = [d for d in self.waiting if d.due <= self.now]
        if late:
            self.waiting = deque(d for d in self.waiting if d.due > self.now)
            for delivery in late:
                delivery.connection.done(delivery, LATE)
        for connection in list(self._connections):
            connection.look()
        if self._paused and self._paused <= self.now and not self.leaving:
            self._paused = 0.0
            for one in self._listeners:
                self.poll.modify(one.fileno(), select.EPOLLIN)


def _refuse(sock: socket.socket) -> None:
    """One connection too many."""
    with sock:
        try:
            sock.send(TOO_MANY.octets())
        except OSError:
            pass  # it has gone by itself
