"""A message while the LMTP door has it: kept once, however many recipients it has.

A small one stays in memory, for the packets to the workers (wire.MESSAGE_OCTETS). A middling one is in memory, too, and
at its end goes into a memfd(2) that is sealed: nobody can change it, not even those who get it. A large one goes into a
file without a name in the spool folder, and is handed out for reading alone; a kill leaves nothing behind. Each reader
gets an open file of its own, since those that share one share its position.

It is no safe store: until the reply is given, the message is Postfix' own, in its queue. So nothing is synced here.

In:    pieces of the message.
Out:   the octets of a small one; of others descriptors to read it from, each at its beginning.
Fails: OSError: the message must be refused with "try again" (trouble() is the reply), and can be closed as always.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile

from mdafilter import limits
from mdafilter.serve import wire
from mdafilter.serve.lmtp import Reply

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
FULL = Reply(452, "4.3.1", "There is no room for the message")


class Spool:
    """One message. Write, seal, take octets or descriptors, close. `octets` is None for one that is not small."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._size = 0
        self._fd = -1
        self.octets: bytes | None = None

    def write(self, octets: bytes) -> None:
        """Another piece."""
        if self._fd < 0:
            self._pieces.append(octets)
            self._size += len(octets)
            if self._size <= limits.SPOOL_IN_MEMORY:
                return
            self._fd = _nameless(self._folder)
            octets = b"".join(self._pieces)
            self._pieces.clear()
        view = memoryview(octets)
        while view:
            view = view[os.write(self._fd, view) :]

    def seal(self) -> None:
        """The message is whole."""
        if self._fd >= 0:
            return
        octets = b"".join(self._pieces)
        self._pieces.clear()
        if len(octets) <= wire.MESSAGE_OCTETS:
            self.octets = octets
            return
        self._fd = os.memfd_create("mdafilter", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        view = memoryview(octets)
        while view:
            view = view[os.write(self._fd, view) :]
        fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, _SEALS)

    def descriptor(self) -> int:
        """A descriptor for one reader; the caller closes it."""
        return os.open(f"/proc/self/fd/{self._fd}", os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Gives up what is held. Who has a descriptor can go on reading."""
        self._pieces.clear()
        self.octets = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def trouble(failed: OSError) -> Reply:
    """The reply for an error in storing the message. A folder that may not be written to is found out here."""
    if failed.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FULL
    return Reply(451, "4.3.0", f"The message cannot be stored now: {failed.strerror or failed}")


def _nameless(folder: str) -> int:
    try:
        # O_EXCL: nobody can give it a name (open(2))
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as failed:
        if failed.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT):
            raise
    fd, name = tempfile.mkstemp(prefix="mdafilter.", dir=folder)  # a file system without O_TMPFILE
    os.unlink(name)
    return fd
