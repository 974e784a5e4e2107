"""LZ4 as Dovecot writes it (mail_compress; zlib_save = lz4 in 2.3): its own header, then blocks.

    MAGIC, and the largest size of a block when it is unpacked (4 octets, the first is the highest)
    for each block: its size (4 octets, likewise), and the block in the LZ4 block format, which knows no other block

lz4(1) and the libraries for its frames do not read that. A block is sequences of a token, octets that are taken as they
are, and a place before, by offset and length, that is repeated: nothing that a library is needed for.

In:    the octets in pieces
Out:   what is unpacked, a block at a time
Fails: Unreadable. What ends too early gives what is there, and then Unreadable.
Bounds: BLOCK, BLOCKS. Linear in what goes in and comes out.
"""

from __future__ import annotations

from mdafilter.archives import Unreadable
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAGIC = b"Dovecot-LZ4\x0d\x2a\x9b\xc5"
BLOCK = 1024 * 1024  # Dovecot writes 64 KiB ...
BLOCKS = 100_000  # ... so that all of a message are 1024
_SHORTEST = 4  # octets that are repeated


def unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    """The octets behind the packed ones."""
    reading = _Reading(packed)
    if reading.take(len(MAGIC)) != MAGIC:
        raise Unreadable("it is not of Dovecot")
    most = reading.number()
    if most > BLOCK:
        raise Unreadable(f"it has blocks of {most} octets")
    for _ in range(BLOCKS):
        if not reading.more():
            return
        size = reading.number()
        if size > most + most // 255 + 16:  # what packs nothing, and says so each 255 octets
            raise Unreadable(f"it has a block of {size} octets")
        yield block(reading.take(size), most)
    raise Unreadable(f"it has more than {BLOCKS} blocks")


def block(data: bytes, most: int) -> bytes:
    """What is in one block."""
    out, at = bytearray(), 0
    while at < len(data):
        token, at = data[at], at + 1
        size, at = _size(data, at, token >> 4)
        out += data[at : at + size]
        at += size
        if at >= len(data):
            break  # the last sequence repeats nothing
        offset, at = int.from_bytes(data[at : at + 2], "little"), at + 2
        size, at = _size(data, at, token & 15)
        size += _SHORTEST
        if not 0 < offset <= len(out) or len(out) + size > most:
            raise Unreadable("it leads out of its block")
        start = len(out) - offset
        if size <= offset:
            out += out[start : start + size]
        else:  # it repeats what it is just writing
            out += (out[start:] * (size // offset + 1))[:size]
    if at > len(data) or not 0 < len(out) <= most:
        raise Unreadable("it ends too early, or has too much in it, or nothing")
    return bytes(out)


def _size(data: bytes, at: int, size: int) -> tuple[int, int]:
    """A size of 15 goes on in the next octet, and as long as that is 255; and where it ends."""
    if size == 15:
        more = 255
        while more == 255 and at < len(data):
            more, at = data[at], at + 1
            size += more
    return size, at


class _Reading:
    """Octets from pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._data = bytearray()

    def more(self) -> bool:
        """Whether there is anything more."""
        self._fill(1)
        return bool(self._data)

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def take(self, size: int) -> bytes:
        """The next octets. Unreadable where there are not so many."""
        self._fill(size)
        if len(self._data) < size:
            raise Unreadable("it ends too early")
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    def _fill(self, size: int) -> None:
        while len(self._data) < size and (piece := next(self._pieces, b"")):
            self._data += piece
