"""A file that several processes append lines to, and that is rotated: journal.jsonl, .1 (newer) to .KEEP (oldest).

Append is one write(2) to a descriptor with O_APPEND: on a local file system lines of several writers never mix. No
lock is waited for, so that a stopped process holds up no delivery. What rotates holds an flock(2) on the file that it
renames, taken without waiting and checked against the name afterwards: a file is renamed by one process, once. A writer
that had the file open meanwhile writes into .1; no line is lost.

Fails: OSError, with a text that says what is wrong. A line that was written in part (disk full) is ended, so that the
       next one is whole.
Refuses a symbolic link as the file, a file that is none, and a file of another user (but root's): who made it could
       read the addresses in it. What others may read because it was made so is made 0600 first.
Known: on NFS O_APPEND is not atomic, lines may mix there; the reader skips what it cannot read.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


def append(path: str, line: bytes, *, max_size: int, keep: int) -> None:
    """Appends a line (with its newline), after rotating the file if it would grow past `max_size` octets."""
    fd = _open(path)
    try:
        size = os.fstat(fd).st_size
        if size and size + len(line) > max_size and _rotate(fd, path, max(1, keep)):
            os.close(fd)
            fd = -1
            fd = _open(path)
        written = os.write(fd, line)
        if written < len(line):
            os.write(fd, b"\n")  # fails as well when the disk is full: ENOSPC is then what the caller hears
            raise OSError(errno.ENOSPC, "a line was written in part")
    finally:
        if fd >= 0:
            os.close(fd)


def names(path: str, keep: int) -> tuple[str, ...]:
    """The names that the file and its older ones have, newest first; they need not exist."""
    return (path, *(f"{path}.{number}" for number in range(1, keep + 1)))


def _open(path: str) -> int:
    try:
        fd = os.open(path, _FLAGS, 0o600)
    except FileNotFoundError:
        _make_directory(os.path.dirname(path))
        fd = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link") from error
        raise
    try:
        _make_private(fd)
    except OSError:
        os.close(fd)
        raise
    return fd


def _make_private(fd: int) -> None:
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    mine = found.st_uid == os.geteuid()
    if not mine and found.st_uid != 0:
        raise OSError(errno.EPERM, f"it belongs to user {found.st_uid}")
    if mine and found.st_mode & 0o077:
        os.fchmod(fd, 0o600)


def _make_directory(path: str) -> None:
    """The directory and those above it that are missing, each 0700."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass  # another delivery made it first: all is well
    except FileNotFoundError:
        parent = os.path.dirname(path)
        if parent == path or not parent:
            raise
        _make_directory(parent)
        _make_directory(path)


def _rotate(fd: int, path: str, keep: int) -> bool:
    """Moves the file to .1 and the older ones on by one. False: another process does, or it cannot be done."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(fd), os.stat(path, follow_symlinks=False)):
            return True  # it was renamed before the lock was ours: open the new one
        older = names(path, keep)
        free = next((n for n in range(1, keep) if not os.path.lexists(older[n])), keep)
        for number in range(free, 0, -1):  # the file itself last: only then can a new one exist, and be rotated
            os.rename(older[number - 1], older[number])
    except OSError:
        return False  # the line goes into the file as it is, which is then larger than it should be
    return True
