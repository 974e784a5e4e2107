"""A policy service that answers from a table: it stands for the real one where a test is about the lists of main.cf alone.

It keeps what it was asked. An action is found by a function of the attributes; DUNNO is said else.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

Answer = Callable[[Mapping[str, str]], str]


class PolicyTable:
    """Listens at a socket in the file system until it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[dict[str, str]] = []
        self.answer: Answer = lambda attributes: "DUNNO"
        self.connections: list[socket.socket] = []
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        os.chmod(path, 0o666)
        self.listening.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return  # closed
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            request: dict[str, str] = {}
            for line in stream:
                if line != b"\n":
                    name, _, value = line.decode().rstrip("\n").partition("=")
                    request[name] = value
                    continue
                self.asked.append(request)
                stream.write(f"action={self.answer(request)}\n\n".encode())
                stream.flush()
                request = {}

    def close(self) -> None:
        """As a daemon that has ended: nobody answers, and the socket is gone."""
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):  # the other side has closed it
                connection.shutdown(socket.SHUT_RDWR)
        self.path.unlink(missing_ok=True)
