"""Compound files ([MS-CFB]): the streams in them.

A file system in a file: sectors, a table that says which sector follows which (FAT), a directory that is a tree, and a
stream of small sectors for what is small (mini stream). All of it may lead anywhere: a chain of sectors ends after as
many as the file has, and of the directory each entry is looked at once.

In:    the octets
Out:   Stream: the storage that it is in, its name, its size, and what is in it
Fails: never; what leads out of the file is the end.
Bounds: ENTRIES of the directory; a chain holds no more than its sectors in memory.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message.octets import Octets

ENTRIES = 10_000
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY = 128
_LAST = 0xFFFFFFFA  # this and more is no sector (2.1)
_STREAM = 2  # the type of an entry; all others are storages
_IN_HEADER = 109  # entries of the table of tables that stand in the header
_RUN = 128  # sectors in a row that are read at once


class Stream(Value):
    """A stream. `storage` is the number of the storage that it is in."""

    file: CompoundFile
    storage: int
    name: str
    start: int
    size: int

    def pieces(self, skip: int = 0) -> Iterator[bytes]:
        """What is in it, from the octet `skip` on."""
        left = self.size - skip
        for piece in self.file.chain(self.start, small=self.size < self.file.cutoff):
            if skip >= len(piece):
                skip -= len(piece)
                continue
            piece, skip = piece[skip:], 0
            if left <= len(piece):
                yield piece[: max(0, left)]
                return
            left -= len(piece)
            yield piece

    def head(self, size: int) -> bytes:
        """The first octets."""
        out = bytearray()
        for piece in self.pieces():
            out += piece
            if len(out) >= size:
                break
        return bytes(out[:size])


class CompoundFile:
    """A compound file."""

    def __init__(self, octets: Octets) -> None:
        self.octets = octets
        head = octets.slice(0, 512)
        self.sector = 1 << min(max(head[30] if len(head) > 30 else 9, 9), 12)
        self.count = len(octets) // self.sector + 1
        self.cutoff = _number(head, 56, 4)
        self._tables = self._read_tables(head)
        most = ENTRIES * _ENTRY // self.sector + 1
        self._directory = [at for at, _run in self._places(_number(head, 48, 4), most)]
        self._small_table = [at for at, _run in self._places(_number(head, 60, 4), self.count)]
        self._small = [at for at, _run in self._places(_number(self._entry(0), 116, 4), self.count)]

    def streams(self) -> Iterator[Stream]:
        """All streams, in the order of the tree."""
        waiting = [(_number(self._entry(0), 76, 4), 0)]
        seen: set[int] = set()
        while waiting:
            number, storage = waiting.pop()
            entry = self._entry(number)
            if not entry or number in seen or len(seen) >= ENTRIES:
                continue
            seen.add(number)
            if entry[66] == _STREAM:
                name = entry[: max(0, min(64, _number(entry, 64, 2)) - 2)].decode("utf-16-le", "replace")
                size = min(_number(entry, 120, 4), len(self.octets))  # 2.6.3: the upper half may be rubbish
                yield Stream(self, storage, name, _number(entry, 116, 4), size)
            else:
                waiting.append((_number(entry, 76, 4), number))
            waiting += [(_number(entry, 68, 4), storage), (_number(entry, 72, 4), storage)]

    def chain(self, start: int, *, small: bool = False) -> Iterator[bytes]:
        """What is in the sectors of a chain."""
        if not small:
            for at, run in self._places(start, self.count, runs=True):
                yield self.octets.slice(at, at + run * self.sector)
            return
        number, per = start, self.sector // 64
        for _ in range(len(self._small) * per):
            place, table = number // per, number * 4 // self.sector
            if place >= len(self._small) or table >= len(self._small_table):
                return
            at = self._small[place] + number % per * 64
            yield self.octets.slice(at, at + 64)
            at = self._small_table[table] + number * 4 % self.sector
            number = _number(self.octets.slice(at, at + 4), 0, 4)

    def _places(self, start: int, left: int, *, runs: bool = False) -> Iterator[tuple[int, int]]:
        """Where the sectors of a chain are, so many of them; with `runs` those in a row as one."""
        number, run = start, 1
        while number < _LAST and number < self.count and left > 0:
            following = self._next(number + run - 1)
            left -= 1
            if runs and following == number + run and run < _RUN:
                run += 1
                continue
            yield (number + 1) * self.sector, run
            number, run = following, 1

    def _next(self, number: int) -> int:
        table = number * 4 // self.sector
        if table >= len(self._tables):
            return _LAST
        at = self._tables[table] + number * 4 % self.sector
        return _number(self.octets.slice(at, at + 4), 0, 4) if at + 4 <= len(self.octets) else _LAST

    def _read_tables(self, head: bytes) -> list[int]:
        """Where the sectors of the FAT are (2.5): the first in the header, the rest in a chain of sectors."""
        numbers = [_number(head, 76 + 4 * n, 4) for n in range(_IN_HEADER)]
        wanted, sector, last = self.count * 4 // self.sector + 1, _number(head, 68, 4), self.sector // 4 - 1
        while len(numbers) < wanted and sector < _LAST and sector < self.count:
            more = self.octets.slice((sector + 1) * self.sector, (sector + 2) * self.sector)
            numbers += [_number(more, 4 * n, 4) for n in range(last)]
            sector = _number(more, 4 * last, 4)
        return [(number + 1) * self.sector for number in numbers[:wanted]]

    def _entry(self, number: int) -> bytes:
        place = number * _ENTRY // self.sector
        if number >= ENTRIES or place >= len(self._directory):
            return b""
        at = self._directory[place] + number * _ENTRY % self.sector
        entry = self.octets.slice(at, at + _ENTRY)
        return entry if len(entry) == _ENTRY else b""


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
