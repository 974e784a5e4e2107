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

import _signal  # type: ignore[import-not-found]  # signal(7) by itself: what `signal` puts around it costs ten times more
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from types import FrameType

_SECONDS = 0.001


def _wake(_number: int, _frame: FrameType | None) -> None:
    """That it has come is all."""


class brief:  # noqa: N801 - it reads as what it does
    """No longer than it has to take."""

    def __enter__(self) -> None:
        self._before = _signal.getsignal(_signal.SIGALRM)
        if self._before is not _wake:
            _signal.signal(_signal.SIGALRM, _wake)
        _signal.setitimer(_signal.ITIMER_REAL, _SECONDS, _SECONDS)

    def __exit__(self, *_exception: object) -> None:
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        if self._before is not _wake:
            _signal.signal(_signal.SIGALRM, self._before)


def often() -> None:
    """For a process that does it all the time: the signal stays as it has to be."""
    _signal.signal(_signal.SIGALRM, _wake)


def close(connection: socket.socket) -> None:
    """Closes a socket, and what lies in it."""
    with brief():
        connection.close()
