"""The listening sockets of the service: made here, given by systemd, or handed over by the process image before us.

systemd (sd_listen_fds(3)) gives them from descriptor 3 on; which is which follows from what they are: SOCK_SEQPACKET is
for mdafilter-deliver, SOCK_STREAM for LMTP. A socket of the file system that we make replaces one that nobody listens
on any more; where somebody does, the service does not start. One that was killed may leave a process which it was just
making, and that has its sockets for a moment more: so they are asked again for limits.SERVE_LEAVING.

In:    a Place ("unix:PATH" or "inet:HOST:PORT"), the mode and group of the file.
Out:   a socket that listens, non-blocking.
Fails: SettingsError that says which place, and what to do; ValueError for a text that is no place.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import time

from mdafilter import limits
from mdafilter.errors import SettingsError
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BACKLOG = 1024
FIRST = 3  # SD_LISTEN_FDS_START
PATH_OCTETS = 107  # of a struct sockaddr_un, with its end


class Place(Value):
    """Where a socket is: a path, or else a host and a port."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> Place:
        """Of "unix:PATH" or "inet:HOST:PORT"; an IPv6 address stands in brackets."""
        kind, _, rest = text.partition(":")
        host, _, port = rest.rpartition(":")
        if kind == "unix" and rest and len(os.fsencode(rest)) <= PATH_OCTETS:
            return cls(path=rest)
        if kind == "inet" and host and port.isdigit() and port.isascii() and 0 < int(port) < 65536:
            return cls(host=host.strip("[]"), port=int(port))
        raise ValueError(f"{text!r} is neither unix:PATH (up to {PATH_OCTETS} octets) nor inet:HOST:PORT")

    @classmethod
    def of(cls, made: socket.socket) -> Place:
        """Where a socket is."""
        name = made.getsockname()
        return cls(path=os.fsdecode(name)) if made.family == socket.AF_UNIX else cls(host=name[0], port=name[1])

    def has(self, made: socket.socket) -> bool:
        """Whether this is where the socket is."""
        if made.family == socket.AF_UNIX:
            return bool(self.path) and made.getsockname() == self.path
        try:
            found = socket.getaddrinfo(self.host, self.port, made.family, made.type) if self.host else []
        except OSError:
            return False
        return made.getsockname()[:2] in [address[:2] for *_, address in found]

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"unix:{self.path}" if self.path else f"inet:{host}:{self.port}"


def listen(place: Place, kind: socket.SocketKind, mode: int = 0o666, group: int = -1) -> socket.socket:
    """A socket that listens there. `mode` and `group` are those of a file."""
    family = socket.AF_UNIX if place.path else socket.AF_INET6 if ":" in place.host else socket.AF_INET
    if not place.path and kind == socket.SOCK_SEQPACKET:
        raise SettingsError(f"cannot listen on {place}: mdafilter-deliver connects to unix:PATH alone")
    made = socket.socket(family, kind)
    try:
        if place.path:
            _bind(made, place.path, mode, group)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _once_free(lambda: made.bind((place.host, place.port)))
        made.listen(BACKLOG)
    except OSError as failed:
        made.close()
        raise SettingsError(f"cannot listen on {place}: {_why(failed, place)}") from failed
    made.setblocking(False)
    return made


def _why(failed: OSError, place: Place) -> str:
    """What is wrong, and what to do about it."""
    text, folder = failed.strerror or str(failed), os.path.dirname(place.path) or "."
    if place.path and failed.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"there is no folder {folder}; make it, or say another path"
    if place.path and failed.errno == errno.EACCES:
        return f"{text}; only who may write to {folder} can make a socket there"
    if place.path and failed.errno == errno.EPERM:
        return f"{text}; only root can give a file to a group that it is not in"
    if failed.errno == errno.EACCES:
        return f"{text}; ports below 1024 are root's"
    if failed.errno == errno.EADDRINUSE and not place.path:
        return f"{text}; end what listens there (ss -ltnp shows it), or say another port"
    return text


def _bind(made: socket.socket, path: str, mode: int, group: int) -> None:
    """Nobody can connect before mode and group are right: it does not listen yet."""
    if os.path.lexists(path):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise OSError(0, "what is there is no socket; remove it, or say another path")
        _once_free(lambda: _unanswered(path, made.type))
        os.unlink(path)
    folder = os.path.dirname(path)
    if folder.startswith("/run/") and not os.path.isdir(folder):  # /run is empty when the machine starts, and
        os.mkdir(folder)  # systemd's RuntimeDirectory= may be missing
        os.chmod(folder, 0o755)
    mask = os.umask(0o777 & ~mode)
    try:
        made.bind(path)
    finally:
        os.umask(mask)
    if group >= 0:
        try:
            # The owner of the folder may have put a link there meanwhile.
            os.chown(path, -1, group, follow_symlinks=False)
        except OSError:
            os.unlink(path)
            raise


def _once_free(work: Callable[[], None]) -> None:
    """The work, done again for a while where somebody has the place still."""
    end = time.monotonic() + limits.SERVE_LEAVING
    while True:
        try:
            return work()
        except OSError as failed:
            if failed.errno != errno.EADDRINUSE or time.monotonic() >= end:
                raise
        time.sleep(0.05)


def _unanswered(path: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except OSError:
            pass  # its queue is full, or it is a socket of another kind
    raise OSError(errno.EADDRINUSE, "a service is running there already; end it first, or say another path")


def given(environ: Mapping[str, str]) -> list[socket.socket]:
    """The sockets that systemd has made for us, in its order."""
    return [adopted(fd) for fd in systemd(environ)]


def systemd(environ: Mapping[str, str]) -> range:
    """The descriptors of these sockets. exec(3) in the same process changes neither them nor its number."""
    count = environ.get("LISTEN_FDS", "0") if environ.get("LISTEN_PID") == str(os.getpid()) else "0"
    return range(FIRST, FIRST + int(count))


def adopted(fd: int) -> socket.socket:
    """A descriptor that came over exec(3), as a socket that no child gets."""
    os.set_inheritable(fd, False)
    taken = socket.socket(fileno=fd)
    taken.setblocking(False)
    return taken


def notify(environ: Mapping[str, str], text: str) -> None:
    """Tells systemd (sd_notify(3)), where it wants to know."""
    path = environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.connect(f"\0{path[1:]}" if path.startswith("@") else path)
            sender.send(text.encode())
        except OSError:
            pass  # systemd sees from the process itself whether it lives
