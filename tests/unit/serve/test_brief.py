"""A socket with something in it that is slow to close."""

from __future__ import annotations

import signal
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from mdafilter.serve.brief import brief, close
from tests.support.lingering import slow_to_close

LONG = 5.0  # seconds: what the socket would take is an hour


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize("times", [1, 20])
def test_what_lies_in_it_is_not_waited_for(sockets: tuple[socket.socket, socket.socket], times: int) -> None:
    ours, theirs = sockets
    for _ in range(times):
        with slow_to_close() as slow:
            socket.send_fds(theirs, [b"x"], [slow.fileno()])
    began = time.monotonic()
    close(ours)
    assert time.monotonic() - began < LONG
    assert ours.fileno() == -1


def test_nor_what_is_received_without_it(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    with slow_to_close() as slow:
        socket.send_fds(theirs, [b"x"], [slow.fileno()])
    began = time.monotonic()
    with brief():
        assert ours.recv(10) == b"x"
    assert time.monotonic() - began < LONG


def test_signal_and_timer_are_as_before() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with brief():
        time.sleep(0.01)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_such_a_socket_is_slow_indeed() -> None:
    """Else the tests above show nothing: it waits for as long as SO_LINGER says."""
    with slow_to_close() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1))
        began = time.monotonic()
        slow.close()
        assert time.monotonic() - began >= 0.9
