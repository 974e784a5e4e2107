"""A file that is replaced as a whole, and its version before that, which comes back on demand.

    ~/.mdafilter.sieve             is at each moment the old one or the new one, whole
    ~/.mdafilter.sieve.previous    the one before; empty where there was none

To undo swaps the two, so that to undo again brings the new one back.

In:    a path, octets.
Out:   the file; durable when `replace` and `undo` return. Permissions stay; a new file is its owner's alone.
Fails: OSError, with nothing changed but what is beside the file. NothingBefore where there is nothing to go back to.
"""

from __future__ import annotations

import os
import stat

from mdafilter.errors import MdafilterError
from mdafilter.files import CALLS, sync

PREVIOUS, NEW, OLD = ".previous", ".new", ".old"
PRIVATE = 0o600


class NothingBefore(MdafilterError):
    """There is no version to go back to."""


def replace(path: str, octets: bytes) -> None:
    """The file has this content from here on."""
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mode = PRIVATE
    _write(path + NEW, octets, mode)
    _put_aside(path)
    _rename(path + OLD, path + PREVIOUS)
    _rename(path + NEW, path)
    sync(CALLS, os.path.dirname(path) or ".")


def undo(path: str) -> None:
    """The version before is in force; the one that was is kept in its place."""
    try:
        empty = os.lstat(path + PREVIOUS).st_size == 0
    except FileNotFoundError:
        raise NothingBefore(f"{path}: no version before this one is kept") from None
    if empty:
        if not os.path.lexists(path):
            raise NothingBefore(f"{path}: there was none before, and there is none now")
        os.rename(path, path + PREVIOUS)
    else:
        _put_aside(path)
        _removed(path + NEW)
        os.link(path + PREVIOUS, path + NEW, follow_symlinks=False)
        _rename(path + NEW, path)  # from here on it is undone
        _rename(path + OLD, path + PREVIOUS)
    sync(CALLS, os.path.dirname(path) or ".")


def _put_aside(path: str) -> None:
    """What is there gets a second name, so that it is never missing under its own; where nothing is, an empty file."""
    _removed(path + OLD)
    try:
        os.link(path, path + OLD, follow_symlinks=False)
    except FileNotFoundError:
        _write(path + OLD, b"", PRIVATE)


def _rename(old: str, new: str) -> None:
    os.rename(old, new)
    _removed(old)  # rename(2) does nothing where both are names of one file, as after an attempt that was killed


def _write(path: str, octets: bytes, mode: int) -> None:
    _removed(path)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    try:
        os.fchmod(fd, mode)
        view = memoryview(octets)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def _removed(path: str) -> None:
    """What an attempt that was killed has left."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
