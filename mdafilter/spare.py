"""A file without a name, made before the next message comes, whose draft it will be.

To make a file takes some file systems half as long as to write and sync it (ext4 looks for a free inode). A process
that waits for messages does it while it waits. Nobody sees the file before it is a draft, and a kill leaves nothing
behind.

In:    `keep` a file in this tmp/ directory, in the place of the one that is kept now, where two messages in a row went;
       `take` it for a draft there.
Out:   a descriptor, which is the caller's from then on; -1 where none is kept for this directory.
Fails: never. Where there is no O_TMPFILE (open(2)), or no room, none is kept.
"""

from __future__ import annotations

import os

_directory, _fd = "", -1
_last = ""  # the directory that was asked for last


def keep(directory: str) -> None:
    """Makes one, if there is none in this directory, and it was the last one as well; "" keeps none."""
    global _directory, _fd, _last
    again, _last = directory == _last, directory
    if (_fd >= 0 and _directory == directory) or (directory and not again):
        return
    if _fd >= 0:
        os.close(_fd)
        _fd = -1
    if not directory:
        return
    _directory = directory
    try:
        _fd = os.open(directory, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError:
        _fd = -1  # the next draft is made when its message has come


def take(directory: str) -> int:
    """The one that is kept for this directory."""
    global _fd
    if _directory != directory:
        return -1
    fd, _fd = _fd, -1
    return fd


def kept() -> int:
    """The descriptor of the one that is kept, which stays where it is; -1 is none."""
    return _fd
