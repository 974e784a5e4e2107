"""One connection of an LMTP client, in the door's loop: the protocol of lmtp/ on a socket.

    socket -> Session -> Recipient   recipients.py says whose mail it is
                         Content     spool.py keeps it
                         Complete    a Delivery for each recipient; the replies in the order in which they were named
                         Dropped     nothing is kept

Nothing more is read while there is something to be sent, or while recipients wait for their results: a client that is
slow, or sends without end, costs one buffer. Where a client has gone before it had its replies, deliveries that have
begun are finished; the workers are not told that the client knows, and leave their traces for the retry.

In:    readiness from the loop; results of the deliveries.
Out:   octets on the socket; deliveries to the door.
Fails: never to the loop. No room for the message is a reply for each recipient, and the session goes on. A defect of
       ours is 451 for each recipient that has no reply yet, or 421: the message is still in Postfix' queue.
"""

from __future__ import annotations

import select
from collections import deque
from typing import ParamSpec

from mdafilter import limits
from mdafilter.serve.door.delivery import NO_WORKER, Delivery, request
from mdafilter.serve.door.spool import Spool, trouble
from mdafilter.serve.lmtp import Complete, Content, Dropped, Recipient, Reply, Session
from mdafilter.serve.lmtp.reply import LEAVING
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Concatenate

    from mdafilter.serve.door.loop import Door
    from mdafilter.serve.door.recipients import Account
    from mdafilter.serve.lmtp import Event

P = ParamSpec("P")
READ_OCTETS = 64 * 1024
IDLE = ("new", "ready")  # states of a session without a message

TOO_SLOW = Reply(421, "4.4.2", "Nothing has come for too long")
DEFECT = Reply(451, "4.3.0", "Something is wrong here; try again")
BROKEN = Reply(421, "4.3.0", "Something is wrong here; try again")


def _guarded(method: Callable[Concatenate[Connection, P], None]) -> Callable[Concatenate[Connection, P], None]:
    """Whatever goes wrong in it, the loop goes on: the message is with Postfix, which hears "try again"."""

    def guarded(self: Connection, /, *args: P.args, **named: P.kwargs) -> None:
        try:
            method(self, *args, **named)
        except Exception as failed:  # noqa: BLE001 - as said
            self.broken(failed)

    return guarded


class Connection:
    """A client. `gone`: nothing that we say reaches it any more."""

    def __init__(self, door: Door, sock: socket.socket) -> None:
        options = door.options
        self.door = door
        self.gone = False
        self.since = door.now  # when the client last did something
        self.session = Session(door.hostname, options.max_size)
        self._socket = sock
        self._mask = select.EPOLLIN
        self._ended = False  # the client sends no more
        self._full = False  # it has sent more than can be looked at before the results are there
        self._closing = False  # the session is over; what is left is to be sent
        self._output = b""
        self._said = 0  # octets that were given to send, and those that were sent
        self._sent = 0
        self._owed: deque[tuple[int, Delivery]] = deque()  # who is to hear when so many octets were sent
        self._accounts: list[Account] = []
        self._spool: Spool | None = None
        self._trouble: Reply | None = None
        self._deliveries: list[Delivery] = []
        self._todo: deque[Delivery] = deque()
        self._open = 0  # deliveries without a result
        self._replied = 0

    @property
    def fileno(self) -> int:
        """The descriptor; -1 is none."""
        return self._socket.fileno()

    def greet(self) -> None:
        """The client has connected."""
        self._flush()

    @_guarded
    def ready(self, mask: int) -> None:
        """The socket can be read or written, or has ended."""
        if mask & select.EPOLLOUT:
            self._flush()
        if mask & ~select.EPOLLOUT and not self.gone:
            self._read(mask)

    @_guarded
    def look(self) -> None:
        """Time has passed, or the door is to close."""
        idle = self.door.now - self.since
        if self._open:
            return  # it waits for us, and a delivery has a time of its own
        if idle >= self.door.options.command_seconds and (self._output or self._closing):
            self.close()  # it does not take what we say
        elif idle >= self.door.options.command_seconds:
            self.session.hang_up(TOO_SLOW)
            self._pump()
        elif self.door.leaving and self._closing and idle >= limits.LMTP_DRAIN_SECONDS:
            self.close()
        elif self.door.leaving and self.session.state in IDLE and self._dispensable(idle):
            self.session.hang_up(LEAVING)
            self._pump()

    def _dispensable(self, idle: float) -> bool:
        """Whether a client between two messages is sent away; else it hears of it with its next command."""
        return self.door.alone or idle >= limits.LMTP_DRAIN_SECONDS

    @_guarded
    def done(self, delivery: Delivery, answer: Reply) -> None:
        """What became of one of our deliveries. It is closed here, or when the client has its reply."""
        self._open -= 1
        if self.gone:
            delivery.close()
            if not self._open:
                self._forget()
            return
        if not delivery.good:
            delivery.close()
        if self._todo:
            self.door.waiting.append(self._todo.popleft())
        replied = self.session.result(delivery.number, answer)
        self._say()
        for other in self._deliveries[self._replied : replied]:
            if other.good:
                self._owed.append((self._said, other))
        self._replied = replied
        if self._open:
            self._flush()
        else:
            self._forget()
            self._full = False
            self._pump()

    def close(self) -> None:
        """The client is not there any more. What has begun is finished; the rest it will send again."""
        if self.gone:
            return
        self.gone = True
        self.door.part(self)
        self._socket.close()
        self._output = b""
        for _, delivery in self._owed:
            delivery.close()  # its client has not heard of it: the traces stay for the retry
        self._owed.clear()
        for delivery in self._deliveries:
            if delivery.good:
                delivery.close()
        self._open -= len(self._todo)
        self._todo.clear()
        if not self._open:
            self._forget()

    # --- from the client ---

    def _read(self, mask: int) -> None:
        try:
            data = self._socket.recv(READ_OCTETS)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not data:
            self._ended = True
            if mask & (select.EPOLLHUP | select.EPOLLERR) or not (self._open or self._output):
                self.close()
            else:
                self._listen()
            return
        self.since = self.door.now
        self.session.feed(data)
        if self.session.waiting:
            self._full = True
            self._listen()
        else:
            self._pump()

    def _pump(self) -> None:
        """Does what the session says."""
        while (event := self.session.next()) is not None:
            self._obey(event)
        self._flush()

    def _obey(self, event: Event) -> None:
        match event:
            case Content(octets=octets):
                self._keep(octets)
            case Recipient(path=path):
                answer = self.door.recipients.find(path)
                if isinstance(answer, Reply):
                    self.session.refuse(answer)
                else:
                    self._accounts.append(answer)
                    self.session.accept()
            case Complete():
                self._deliver(event)
            case Dropped():
                self._forget()
            case _:
                self._closing = True

    def _keep(self, octets: bytes) -> None:
        if self._trouble is not None:
            return  # it is read to its end, and then refused
        if self._spool is None:
            self._spool = Spool(self.door.options.spool)
        try:
            self._spool.write(octets)
        except OSError as failed:
            self._trouble = trouble(failed)  # 45x for each recipient, at the end: Postfix keeps it
            self._spool.close()

    def _forget(self) -> None:
        """The message is over, or given up."""
        if self._spool is not None:
            self._spool.close()
        self._spool = self._trouble = None
        self._accounts, self._deliveries, self._replied = [], [], 0

    # --- to the workers ---

    def _deliver(self, message: Complete) -> None:
        """The message is whole: a delivery for each recipient."""
        spool = self._spool = self._spool or Spool(self.door.options.spool)
        if self._trouble is None:
            try:
                spool.seal()
            except OSError as failed:
                self._trouble = trouble(failed)
        if self.door.alone:
            self._trouble = self._trouble or NO_WORKER
        if self._trouble is not None:
            answer, count = self._trouble, len(self._accounts)
            self._forget()
            for number in range(count):
                self.session.result(number, answer)
            return
        due = self.door.now + self.door.options.delivery_seconds
        self._deliveries = [
            Delivery(self, number, account.uid, request(message, number, account), spool, due)
            for number, account in enumerate(self._accounts)
        ]
        self._open = len(self._deliveries)
        self._todo.extend(self._deliveries[limits.LMTP_AT_ONCE :])
        self.door.waiting.extend(self._deliveries[: limits.LMTP_AT_ONCE])

    # --- to the client ---

    def _say(self) -> None:
        """What the session has to say, behind what is still to be sent."""
        more = self.session.output()
        self._said += len(more)
        self._output = self._output + more if self._output else more

    def _flush(self) -> None:
        """Sends what can be sent; who waits for its having been sent hears of it."""
        self._say()
        if self._output and not self.gone:
            try:
                sent = self._socket.send(self._output)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.close()
                return
            if sent:
                self.since = self.door.now
                self._sent += sent
                self._output = self._output[sent:]
        while self._owed and self._owed[0][0] <= self._sent:
            self._owed.popleft()[1].acknowledge()
        if not self._output and (self._closing or (self._ended and not self._open and not self.session.waiting)):
            self.close()
        else:
            self._listen()

    def _listen(self) -> None:
        """Tells the loop what we wait for."""
        reading = not (self._output or self._ended or self._closing or self._full)
        mask = (select.EPOLLOUT if self._output else 0) | (select.EPOLLIN if reading else 0)
        if mask != self._mask:
            self._mask = mask
            self.door.poll.modify(self.fileno, mask)

    def broken(self, failed: Exception) -> None:
        """A defect of ours. Each recipient without a reply gets one that says "try again", and the connection ends."""
        self.door.defect(failed)
        if self.gone:
            return
        try:
            for number in range(len(self._accounts)):
                try:
                    self.session.result(number, DEFECT)
                except ValueError:
                    pass  # it has its reply, or the message is not yet whole
            self.session.hang_up(BROKEN)
            self._say()
            self._socket.send(self._output)
        except Exception as again:  # noqa: BLE001 - then without a word: the client has lost a connection, and tries again
            self.door.defect(again)
        self.close()
