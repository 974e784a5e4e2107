"""Octets to jump about in, from octets that come in pieces: few in memory, more in a file without a name.

In:    pieces of octets
Out:   Spool: its `octets` are good until `close`
Fails: TryAgain, when there is no room for the file; what the pieces raise passes through, and leaves nothing behind.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDERS = ("/var/tmp", "/tmp")  # on a disk where there is one; $TMPDIR comes before


class Spool:
    """Octets, and the file that they are in (None: memory)."""

    def __init__(self, octets: Octets, fd: int | None = None) -> None:
        self.octets = octets
        self.fd = fd

    def close(self) -> None:
        """Gives the file back; the octets cannot be read any more."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def file(self) -> int:
        """A descriptor of a file that holds the octets, for another process to read. Stays this object's."""
        if self.fd is None:
            self.fd = fd = nameless()
            _write(fd, self.octets.slice(0, len(self.octets)))
            self.octets = Octets.map(fd)
        return self.fd


def spooled(pieces: Iterable[bytes]) -> Spool:
    """All the pieces, one behind the other."""
    held: list[bytes] = []
    size, fd = 0, None
    try:
        for piece in pieces:
            if fd is None and size + len(piece) > limits.SPOOL_IN_MEMORY:
                fd = nameless()
                _write(fd, b"".join(held))
                held = []
            if fd is None:
                held.append(piece)
            else:
                _write(fd, piece)
            size += len(piece)
    except BaseException:
        if fd is not None:
            os.close(fd)
        raise
    return Spool(Octets.of(b"".join(held))) if fd is None else Spool(Octets.map(fd), fd)


def nameless() -> int:
    """A new file that goes away with its descriptor."""
    failed: OSError | None = None
    for folder in (os.environ.get("TMPDIR") or FOLDERS[0], *FOLDERS):
        try:
            return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
        except OSError:
            pass  # no such folder, or a file system without O_TMPFILE: a file that is unlinked at once
        try:
            name = f"{folder}/mdafilter.{os.getpid()}.{os.urandom(8).hex()}"
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.unlink(name)
            return fd
        except OSError as error:
            failed = error
    raise TryAgain(f"no room to unpack an archive: {failed and failed.strerror}", "4.3.1")


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError as error:
        raise TryAgain(f"no room to unpack an archive: {error.strerror}", "4.3.1") from error
