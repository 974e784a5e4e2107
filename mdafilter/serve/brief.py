"""System calls that somebody else could draw out, kept short: receiving from a socket, and closing it.

What was sent beside a packet (SCM_RIGHTS, unix(7)) and is not wanted is closed by us, as we receive the packet without
it or close the socket in which it waits. A TCP socket among that, with SO_LINGER (socket(7)), is closed only when its
peer has taken all, or when the time has passed that its owner has chosen: years. A signal ends that wait, so one comes
every millisecond until the call has returned; without such a thing it returns long before the first.

    with brief():
        connection.close()

In:    nothing. It is for a process with one thread; SIGALRM and its timer are as before afterwards.
Fails: never by itself.
Bugs:  a file on a network file system that does not answer is closed as slowly as ever.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

_SECONDS = 0.001


@contextmanager
def brief() -> Iterator[None]:
    """No longer than it has to take."""
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: None)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def close(connection: socket.socket) -> None:
    """Closes a socket, and what lies in it."""
    with brief():
        connection.close()
