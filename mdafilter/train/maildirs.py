"""The messages in a user's Maildirs, the newest first, to be read by somebody who may read more than the user's mail.

In:    paths of Maildirs; their folders are looked into too (Maildir++, or folders in folders one deep)
Out:   Files; their names are listed, and nothing else is read before it is asked for
Fails: OSError of a disk. TryAgain for a compressed file that this host could read (stored.py). What is gone, broken, or
       may not be read, is passed over; so is what is no regular file, and what belongs to somebody else than its
       Maildir: a link that was put there must lead nowhere.
Bounds: limits.FOUND_NAMES, FOUND_HEADER, ORIGINAL_OCTETS.
"""

from __future__ import annotations

import errno
import os
from itertools import islice
from stat import S_ISREG

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.train import stored
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.message import Headers

_FIRST = 8 * 1024  # octets of a file that are read at first: most headers end there
_PASSED_OVER = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ESTALE)
)


class File(Value):
    """A message in a Maildir. `base` is its name without flags, `owner` whose it has to be."""

    path: str
    base: str
    owner: int

    def headers(self) -> Headers | None:
        """Its header; None where it is gone, or not to be read."""
        head = self._read(_FIRST)
        if b"\n\n" not in head and b"\r\n\r\n" not in head and len(head) == _FIRST:
            head = self._read(limits.FOUND_HEADER)
        return Message.parse(head).headers if head else None

    def content(self) -> bytes | None:
        """All of it, unless it is larger than a message may be."""
        data = self._read(limits.ORIGINAL_OCTETS + 1)
        return data if 0 < len(data) <= limits.ORIGINAL_OCTETS else None

    def _read(self, most: int) -> bytes:
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in _PASSED_OVER:
                return b""  # moved or deleted meanwhile, a link, or not for us to read
            raise
        try:
            state = os.fstat(fd)
            if not S_ISREG(state.st_mode) or state.st_uid != self.owner:
                return b""
            return stored.first(fd, most)
        except stored.Broken:
            return b""  # nobody can read it
        finally:
            os.close(fd)


def files(maildirs: Iterable[str]) -> list[File]:
    """The messages in the Maildirs, the newest first: names begin with the second of the delivery (maildir(5))."""
    found: dict[str, File] = {}
    for root in dict.fromkeys(maildirs):
        try:
            owner = os.stat(root).st_uid
        except OSError:
            continue  # none there, or not for us to see
        for folder in _folders(root):
            for part in ("new", "cur"):
                for name in _listed(f"{folder}/{part}"):
                    if len(found) >= limits.FOUND_NAMES:
                        break
                    path = f"{folder}/{part}/{name}"
                    found[path] = File(path, name.partition(":")[0], owner)
    return sorted(found.values(), key=lambda file: (_second(file.base), file.base), reverse=True)


def _folders(root: str) -> list[str]:
    """The Maildir, and all folders that lie in it."""
    names = [name for name in _listed(root, folders=True) if name not in ("new", "cur", "tmp")]
    return [root, *(f"{root}/{name}" for name in names)]


def _listed(path: str, *, folders: bool = False) -> list[str]:
    """The names in a directory; only those of directories with `folders`, of all else without."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if folders else os.O_NOFOLLOW))
    except OSError as error:
        if error.errno in _PASSED_OVER:
            return []
        raise
    try:
        with os.scandir(fd) as entries:
            found = (entry.name for entry in entries if entry.is_dir(follow_symlinks=False) == folders)
            return list(islice(found, limits.FOUND_NAMES))
    finally:
        os.close(fd)


def _second(name: str) -> int:
    """When a file of this name was delivered; 0 where the name does not say."""
    digits = name.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 13 else 0
