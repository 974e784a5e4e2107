"""A new version of the program takes over without losing a connection: exec(3) in the same process, sockets and all.

On SIGHUP the program as it is installed now is started once on trial. If it does not come up, we go on as we are. If it
does, this process becomes it: the listening sockets stay open, so who connects meanwhile waits in the kernel's queue;
what waits here for a worker, and the sockets to the LMTP doors, go along. The workers see the end of their socket,
finish what they have in hand, and end; the doors finish their connections.

In, out: Inherited, as JSON in the environment.
Fails:   OSError from exec(3): then we go on.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

from mdafilter.serve.listen import adopted
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import MutableMapping

VARIABLE = "MDAFILTER_HANDOVER"
HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
TRIAL = "--trial"  # an option of `mdafilter serve`: ends with 0 when all is there that a service needs


class Waiting(Value):
    """A connection that no worker has yet."""

    connection: socket.socket
    uid: int
    kind: bytes


class Inherited(Value):
    """What goes from one process image to the next. `sockets` are those that listen; `doors` are pid and socket."""

    sockets: tuple[socket.socket, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    doors: tuple[tuple[int, socket.socket], ...] = ()


def command() -> list[str]:
    """How this program was started, with the Python that runs it."""
    return [sys.executable, *sys.orig_argv[1:]]


def trial() -> int:
    """Starts the program as it is installed now, on trial. Returns its pid. OSError where it cannot be started."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
    return os.posix_spawn(sys.executable, [*command(), TRIAL], os.environ, file_actions=actions)


def leave(inherited: Inherited, environ: MutableMapping[str, str]) -> None:
    """Becomes the new program. Returns only by OSError."""
    every = [*inherited.sockets, *(w.connection for w in inherited.waiting), *(s for _, s in inherited.doors)]
    environ[VARIABLE] = json.dumps(
        {
            "pid": os.getpid(),
            "sockets": [s.fileno() for s in inherited.sockets],
            "waiting": [(w.connection.fileno(), w.uid, w.kind.decode()) for w in inherited.waiting],
            "doors": [(pid, s.fileno()) for pid, s in inherited.doors],
        }
    )
    for one in every:
        one.set_inheritable(True)
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # until the new image hears them: by default they would end it
    try:
        os.execve(sys.executable, command(), dict(environ))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        del environ[VARIABLE]
        for one in every:
            one.set_inheritable(False)


def take(environ: MutableMapping[str, str]) -> Inherited | None:
    """What the image before us left; None where there was none."""
    text = environ.pop(VARIABLE, "")
    said = json.loads(text) if text else {}
    if said.get("pid") != os.getpid():
        return None
    return Inherited(
        tuple(adopted(fd) for fd in said["sockets"]),
        tuple(Waiting(adopted(fd), uid, kind.encode()) for fd, uid, kind in said["waiting"]),
        tuple((pid, adopted(fd)) for pid, fd in said["doors"]),
    )
