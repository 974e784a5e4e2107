"""The raw octets of a message: in memory, or in a file of which one window is in memory at a time.

Everything in message/ reads octets through this class, so that a message of 100 MB costs one window (limits.WINDOW) of
memory, and can be copied to its destination by the kernel.

A file is read with pread(2) and not through mmap(2): a window is copied once in either case, but a mapping counts as
resident memory until it is given back, and turns an I/O error or a shortened file into SIGBUS, which no one can
catch; here both are an OSError, that is, "try again".

In:    bytes, or a descriptor of a regular file that must stay open, and unchanged, as long as the Octets are used. One
       that is Held stays open until nobody has Octets of it any more.
Fails: OSError from reading the file; OSError(EIO) when the file has become shorter, (EBADF) when it was closed.
"""

from __future__ import annotations

import errno
import os

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERLAP = 8192  # octets that a window shows of the next one, so that a needle or a line is seen whole


class Held:
    """A descriptor that is closed by `close`, or when nobody holds it any more. One that is not `ours` stays open."""

    __slots__ = ("fd", "ours")

    def __init__(self, fd: int, *, ours: bool = True) -> None:
        self.fd = fd
        self.ours = ours

    @classmethod
    def nameless(cls) -> Held:
        """A new file without a name, in /tmp: it goes away with its descriptor."""
        try:
            return cls(os.open("/tmp", os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600))
        except OSError:  # a file system without O_TMPFILE
            return cls(os.memfd_create("mdafilter", os.MFD_CLOEXEC))

    def close(self) -> None:
        """From here on `fd` is -1: whoever still reads gets an error, and not the file that is opened next."""
        fd, self.fd = self.fd, -1
        if self.ours and fd >= 0:
            os.close(fd)

    __del__ = close


class Octets:
    """An immutable run of octets. Positions count from 0; ranges are half open and are clamped to what there is."""

    __slots__ = ("_base", "_data", "_file", "_size", "nameless", "offset")

    def __init__(self, data: bytes, file: Held | None, offset: int, size: int, nameless: bool = False) -> None:
        self.nameless = nameless  # these octets are all of a file of ours that may be given a name (open(2), O_TMPFILE)
        self._data = data  # all octets, or the window that begins at _base
        self._base = 0
        self._size = size
        self._file = file
        self.offset = offset

    @classmethod
    def of(cls, data: bytes) -> Octets:
        """Octets in memory."""
        return cls(data, None, 0, len(data))

    @classmethod
    def map(cls, fd: int | Held, start: int = 0, *, nameless: bool = False) -> Octets:
        """The octets of a regular file from `start` on. A mere number stays the caller's; its position is not used."""
        file = Held(fd, ours=False) if isinstance(fd, int) else fd
        size = max(0, os.fstat(file.fd).st_size - start)
        return cls(b"", file, start, size, nameless)

    @property
    def fd(self) -> int | None:
        """The descriptor of the file; None in memory."""
        return None if self._file is None else self._file.fd

    def behind(self, start: int) -> Octets:
        """The octets from `start` on, of the same file."""
        if self._file is None:
            return Octets.of(self._data[start:])
        return Octets(b"", self._file, self.offset + start, max(0, self._size - start))

    def close(self) -> None:
        """They cannot be read any more: the file is closed if it is ours, and what is in memory of it is given up."""
        if self._file is not None:
            self._data = b""
            self._file.close()

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        where = "in memory" if self._file is None else f"of descriptor {self._file.fd}"
        return f"<{self._size} octets {where}>"

    def slice(self, start: int, end: int) -> bytes:
        """The octets from start to end as bytes."""
        start, end = max(0, start), min(end, self._size)
        if start >= end:
            return b""
        if self._file is None:
            return self._data[start:end]
        if end - start > OVERLAP:
            return self._read(start, end)
        base, data = self.window(start)
        return data[start - base : end - base]

    def window(self, position: int) -> tuple[int, bytes]:
        """Where the window with `position` begins, and its octets: OVERLAP behind there or more, or up to the end."""
        if self._file is None:
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
        if self._file is None:
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
            yield self._data[start:upto] if self._file is None else self._read(start, upto)
            start = upto

    def _read(self, start: int, end: int) -> bytes:
        assert self._file is not None
        fd = self._file.fd
        data = os.pread(fd, end - start, self.offset + start)
        while len(data) < end - start:
            more = os.pread(fd, end - start - len(data), self.offset + start + len(data))
            if not more:
                raise OSError(errno.EIO, f"the spooled message became shorter: no octet {start + len(data)}")
            data += more
        return data
