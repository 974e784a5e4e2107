"""A socket that makes whoever closes its last descriptor wait."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

PEERS: list[socket.socket] = []  # they must be there, or there is nobody to wait for


@contextmanager
def slow_to_close() -> Iterator[socket.socket]:
    """A TCP socket whose last descriptor is closed only when its peer has taken what it never takes (SO_LINGER)."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as slow,
        listening.accept()[0] as peer,
    ):
        PEERS.append(peer.dup())
        slow.setblocking(False)
        try:
            while True:
                slow.send(bytes(65536))
        except BlockingIOError:
            pass  # neither side has room for more
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3600))
        try:
            yield slow
        except BaseException:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))  # nobody else has it
            raise
