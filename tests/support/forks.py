"""Functions called in forks of a small process: a fork of pytest costs by all that pytest remembers, which is much.

    call(function, *arguments)   what it returns, an exit status; it may be called by many threads at once

The process (`python -m tests.support.forks`) has all of mdafilter loaded, is root as we are, and ends when we end. For
each call it gets a connection, by which a child of it reads the function and answers.
"""

from __future__ import annotations

import importlib
import os
import pickle
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from tests.support.house import ROOT

_STARTING = threading.Lock()
_DOOR: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []


def call(function: Callable[..., int], *arguments: object) -> int:
    """The function is one of a module, not of a test."""
    door = _door()
    here, there = socket.socketpair()
    with here:
        with there:
            socket.send_fds(door, [function.__module__.encode()], [there.fileno()])
        here.sendall(pickle.dumps((function, arguments)))
        here.shutdown(socket.SHUT_WR)
        answer = _all(here)
    result = pickle.loads(answer) if answer else AssertionError("the child ended without an answer")
    if isinstance(result, BaseException):
        raise result
    assert isinstance(result, int)
    return result


def _door() -> socket.socket:
    """Where the process is reached, which is started with the first call."""
    with _STARTING:
        if not _DOOR:
            here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with there:
                process = subprocess.Popen(
                    [sys.executable, "-m", "tests.support.forks"], cwd=ROOT, stdin=there.fileno()
                )
            _DOOR.append((here, process))
        return _DOOR[0][0]


def _all(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def load() -> None:
    """All of the package, before the first fork: who a child becomes may not be able to read it."""
    import mdafilter

    for module in pkgutil.walk_packages(mdafilter.__path__, "mdafilter."):
        if not module.name.startswith(("mdafilter.cli.mailparser", "mdafilter.archives.foreign_child")):
            importlib.import_module(module.name)


def _answer(connection: socket.socket) -> None:
    """In the child."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    function, arguments = pickle.loads(_all(connection))
    try:
        result = function(*arguments)
    except BaseException as failed:
        result = failed
    connection.sendall(pickle.dumps(result))


def main() -> None:
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as door:
        while True:
            module, numbers, _flags, _from = socket.recv_fds(door, 1000, 1)
            if not module:
                return
            importlib.import_module(module.decode())  # here, and not in each child
            if os.fork() == 0:
                door.close()
                try:
                    with socket.socket(fileno=numbers[0]) as connection:
                        _answer(connection)
                finally:
                    os._exit(0)
            os.close(numbers[0])


if __name__ == "__main__":
    main()
