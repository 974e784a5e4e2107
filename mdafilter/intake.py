"""The way in: a message on a descriptor becomes Octets, never read whole when it is large.

A small message is held in memory. A larger one goes into a file without a name (O_TMPFILE, or made and unlinked) on
the mailbox's own file system, and is read from there by windows; so 100 MB cost no more memory than 1 MB, and a kill
leaves nothing behind. That file is the message from its first octet to its last, so that it can be given a name in
the mailbox where no rule changed it, and need not be copied (files.py). A regular file on the descriptor (`mdafilter-
deliver <FILE`) is read as it is, and its position is left where it stands: others may read the same one.

Postfix writes a `From sender date` line before the message (local(8) always, pipe(8) with flags=F): it is no part of
the message, and is handed over apart. LMTP has no such line, and leaves it to whoever delivers to put fields on top.

In:    a descriptor, at the place where the message begins, or the message; folders for the spool file.
Out:   Received: the octets, and the From line without its line end. `close` ends it; the descriptor is the caller's.
Fails: TryAgain, when there is no room or the descriptor cannot be read (4.3.1 for a full disk). An empty input is a
       message of no octets.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.message import Held, Octets
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

FROM_LINE = 8 * 1024  # a From line is looked for in so many octets
CHUNK = 256 * 1024  # octets that are moved at a time
AHEAD = 1024 * 1024  # octets after which the disk may begin to write
PIPE = 1024 * 1024  # octets that a pipe may hold: the most that pipe(7) gives to everybody


class Received(Value):
    """What came in."""

    octets: Octets
    from_line: bytes = b""

    def close(self) -> None:
        """Gives the spool file back. The message cannot be read any more, by whoever still has it."""
        self.octets.close()


def receive(source: int | bytes, folders: Sequence[str], start: int | None = None, top: bytes = b"") -> Received:
    """Reads the message, unless it is here already. `folders` are tried in turn for the spool file, and then /tmp.

    `start` is where it begins in a regular file; None is the position of the descriptor. `top` is put before a message
    in a regular file that is all of it: no From line is looked for, as in one that is here.
    """
    if isinstance(source, bytes):
        return Received(Octets.of(top + source))
    fd = source
    try:
        if top:
            return _under(top, fd, folders)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return _in_file(fd, os.lseek(fd, 0, os.SEEK_CUR) if start is None else start)
        head = _read(fd, limits.SPOOL_IN_MEMORY)
        line = _from_line(head)
        if len(head) < limits.SPOOL_IN_MEMORY:
            return Received(Octets.of(head[len(line) :]), line.rstrip(b"\r\n"))
        spool, nameless = _spool(folders)
        _write(spool.fd, memoryview(head)[len(line) :])
        _pour(fd, spool.fd)
        return Received(Octets.map(spool, nameless=nameless), line.rstrip(b"\r\n"))
    except OSError as failed:
        full = failed.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise TryAgain(f"cannot take in the message: {failed.strerror}", "4.3.1" if full else "4.3.0") from failed


def _in_file(fd: int, start: int) -> Received:
    """The message that a regular file has from `start` on. It is not ours, and never given a name in a mailbox."""
    line = _from_line(os.pread(fd, FROM_LINE, start))
    octets = Octets.map(fd, start + len(line))
    if len(octets) < limits.SPOOL_IN_MEMORY:
        octets = Octets.of(octets.slice(0, len(octets)))
    return Received(octets, line.rstrip(b"\r\n"))


def _under(top: bytes, fd: int, folders: Sequence[str]) -> Received:
    """All of a regular file, with what is put before it."""
    size = os.fstat(fd).st_size
    if size < limits.SPOOL_IN_MEMORY:
        return Received(Octets.of(top + Octets.map(fd).slice(0, size)))
    spool, nameless = _spool(folders)
    _write(spool.fd, top)
    at = 0
    while at < size and (moved := os.sendfile(spool.fd, fd, at, CHUNK)):
        at += moved
        if not at % AHEAD:
            os.posix_fadvise(spool.fd, len(top) + at - AHEAD, AHEAD, os.POSIX_FADV_DONTNEED)
    if at < size:
        raise OSError(errno.EIO, "the message became shorter")
    return Received(Octets.map(spool, nameless=nameless))


def _from_line(head: bytes) -> bytes:
    """The leading From line with its line end, or nothing."""
    if not head.startswith(b"From "):
        return b""
    end = head.find(b"\n", 0, FROM_LINE)
    return head[: end + 1]


def _read(fd: int, size: int) -> bytes:
    """Up to `size` octets; fewer only at the end of the input."""
    got = []
    while size and (chunk := os.read(fd, size)):
        got.append(chunk)
        size -= len(chunk)
    return b"".join(got)


def _write(fd: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _spool(folders: Sequence[str]) -> tuple[Held, bool]:
    """A file without a name, and whether it can be given one."""
    for folder in (*folders, "/tmp"):
        try:
            return Held(os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)), True
        except OSError:
            continue  # no such folder, or a file system without O_TMPFILE: the next one
    name = f"/tmp/mdafilter.{os.getpid()}.{os.urandom(8).hex()}"
    spool = Held(os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    os.unlink(name)
    return spool, False


def _pour(source: int, target: int) -> None:
    """Moves all that is left from one descriptor to the other, through one buffer (splice(2) takes twice as long).

    The disk is told to begin with what has come, so that the fsync of the delivery finds little left to wait for:
    posix_fadvise(2) that it is no longer needed starts its writing, and keeps in memory what is not yet written.
    """
    try:
        fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, PIPE)  # the writer and we take turns less often
    except OSError:
        pass  # no pipe, or a larger one than this user may have: it goes as it is
    buffer = memoryview(bytearray(CHUNK))
    begun = at = os.lseek(target, 0, os.SEEK_CUR)
    while size := os.readv(source, [buffer]):
        _write(target, buffer[:size])
        at += size
        if at - begun >= AHEAD:
            os.posix_fadvise(target, begun, at - begun, os.POSIX_FADV_DONTNEED)
            begun = at
