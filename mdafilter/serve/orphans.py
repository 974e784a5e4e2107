"""What a worker that was killed leaves behind: its client, and the traces of its delivery.

The client hears of it at once. Where the worker had noted no traces (slate.py), the connection is closed: the kernel
tells whether the request had been read (wire.py). Where it had noted some, it had read the request: the client hears
the end of the file (shutdown(2)), but can still say that it has answered "delivered". If it has, no retry comes for
the message, and the traces are to be removed: by the next worker of the same user, since nobody else has the right.
Where no worker can be had now, they are kept until there is one.

In:    the connection, its user, the traces as the slate has them.
Out:   tasks for workers, by Broker.arrive.
Fails: never. What cannot be kept is swept as stale later (files.sweep), and so are the traces of messages for which a
       retry comes that finds them.
"""

from __future__ import annotations

import socket
import time

from mdafilter.serve import wire
from mdafilter.serve.brief import brief, close
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.serve.broker import Broker

_SECONDS = 10.0  # in which a client whose worker was killed has gone
_MOST = 1000  # dead workers whose traces wait for another worker


class Orphan(Value):
    """The connection of a worker that was killed, until its client has gone."""

    connection: socket.socket
    uid: int
    traces: bytes
    until: float


class Orphans:
    """All of them."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.clients: dict[int, Orphan] = {}
        self.traces: list[tuple[int, bytes]] = []  # of whom, those that no worker could be had for
        broker.regular.append(self._look)

    def adopt(self, connection: socket.socket, uid: int, traces: bytes) -> None:
        """A client whose worker has died."""
        if not traces:
            close(connection)
            return
        fd = connection.fileno()
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone already; what it said last can be read all the same
        orphan = self.clients[fd] = Orphan(connection, uid, traces, time.monotonic() + _SECONDS)
        self.broker.watch(fd, lambda: self._bury(orphan), 0)

    def keep(self, uid: int, traces: bytes) -> None:
        """No worker has removed these; that is tried again."""
        if traces and len(self.traces) < _MOST:
            self.traces.append((uid, traces))

    def _look(self, now: float) -> None:
        traces, self.traces = self.traces, []
        for uid, of_one in traces:
            self.broker.tidy(uid, of_one)
        for orphan in [o for o in self.clients.values() if now >= o.until]:
            self._bury(orphan)

    def _bury(self, orphan: Orphan) -> None:
        """The client has gone, or is late: if it had acknowledged, its delivery is tidied up."""
        fd = orphan.connection.fileno()
        self.broker.forget(fd)
        del self.clients[fd]
        orphan.connection.setblocking(False)
        try:
            with brief():
                acknowledged = orphan.connection.recv(1) == wire.ACKNOWLEDGED
        except OSError:
            acknowledged = False
        close(orphan.connection)
        if acknowledged:
            self.broker.tidy(orphan.uid, orphan.traces)
