"""The raw octets of a message: in memory, or in a file of which one window is in memory at a time.

Everything in message/ reads octets through this class, so that a message of 100 MB costs one window (limits.WINDOW) of
memory, and can be copied to its destination by the kernel.

A file is read with pread(2) and not through mmap(2): a window is copied once in either case, but a mapping counts as
resident memory until it is given back, and turns an I/O error or a shortened file into SIGBUS, which no one can
catch; here both are an OSError, that is, "try again".

In:    bytes, or a descriptor of a regular file that must stay open, and unchanged, as long as the Octets are used.
Fails: OSError from reading the file; OSError(EIO) when the file has become shorter.
"""

from __future__ import annotations

import errno
import os

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERLAP = 8192  # octets that a window shows of the next one, so that a needle or a line is seen whole


class Octets:
    """An immutable run of octets. Positions count from 0; ranges are half open and are clamped to what there is."""

    __slots__ = ("_base", "_data", "_size", "fd", "nameless", "offset")

    def __init__(self, data: bytes, fd: int | None, offset: int, size: int, nameless: bool = False) -> None:
        self.nameless = nameless  # these octets are all of a file of ours that may be given a name (open(2), O_TMPFILE)
        self._data = data  # all octets, or the window that begins at _base
        self._base = 0
        self._size = size
        self.fd = fd
        self.offset = offset

    @classmethod
    def of(cls, data: bytes) -> Octets:
        """Octets in memory."""
        return cls(data, None, 0, len(data))

    @classmethod
    def map(cls, fd: int, start: int = 0, *, nameless: bool = False) -> Octets:
        """The octets of a regular file from `start` on. The descriptor stays the caller's; its position is not used."""
        size = max(0, os.fstat(fd).st_size - start)
        return cls(b"", fd, start, size, nameless)

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        where = "in memory" if self.fd is None else f"of descriptor {self.fd}"
        return f"<{self._size} octets {where}>"

    def slice(self, start: int, end: int) -> bytes:
        """The octets from start to end as bytes."""
        start, end = max(0, start), min(end, self._size)
        if start >= end:
            return b""
        if self.fd is None:
            return self._data[start:end]
        if end - start > OVERLAP:
            return self._read(start, end)
        base, data = self.window(start)
        return data[start - base : end - base]

    def window(self, position: int) -> tuple[int, bytes]:
        """Where the window with `position` begins, and its octets: OVERLAP behind there or more, or up to the end."""
        if self.fd is None:
            return 0, self._data
        base = position - position % limits.WINDOW
        if base != self._base or not self._data:
            self._data = b""  # the old window goes before the new one comes
            self._data = self._read(base, min(base + limits.WINDOW + OVERLAP, self._size))
            self._base = base
        return base, self._data

    def find(self, needle: bytes, start: int, end: int) -> int:
        """The first place in [start, end) where the needle (up to OVERLAP octets) stands as a whole, or -1."""
        start, end = max(0, start), min(end, self._size)
        if self.fd is None:
            return self._data.find(needle, start, end)
        while start + len(needle) <= end:
            base, data = self.window(start)
            found = data.find(needle, start - base, end - base)
            if found >= 0:
                return base + found
            start = base + limits.WINDOW
        return -1

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """The octets from start to end, at most limits.WINDOW at a time."""
        end = min(end, self._size)
        while start < end:
            upto = min(start + limits.WINDOW, end)
            yield self._data[start:upto] if self.fd is None else self._read(start, upto)
            start = upto

    def _read(self, start: int, end: int) -> bytes:
        assert self.fd is not None
        data = os.pread(self.fd, end - start, self.offset + start)
        while len(data) < end - start:
            more = os.pread(self.fd, end - start - len(data), self.offset + start + len(data))
            if not more:
                raise OSError(errno.EIO, f"the spooled message became shorter: no octet {start + len(data)}")
            data += more
        return data
