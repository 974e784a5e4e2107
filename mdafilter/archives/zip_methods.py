"""What a zip packs by a method that nothing here knows: Deflate64, PPMd, Zstandard and others (APPNOTE.TXT 4.4.5).

Programs of the system may know it (program.py). They get a zip that is made of this one file: its content as it is,
under a name and headers of ours.

In:    how the file is packed, where it is, what it becomes
Out:   its octets in pieces
Fails: Unreadable, where no program is installed that unpacks it. TryAgain where the disk is full.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.archives import Unreadable
from mdafilter.archives.program import BSDTAR, SEVEN_ZIP, UNAR, Wanted, unpacked
from mdafilter.archives.spool import Spool, spooled
from mdafilter.archives.unpack import read
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.budget import Budget
    from mdafilter.message.octets import Octets

PROGRAMS = (SEVEN_ZIP, UNAR, BSDTAR)
_NAME = b"file"
_OPTIONS = 6  # the bits of the flags that are about the method (4.4.4)
_SLACK = 64 * 1024


class Stated(Value):
    """What the headers say of the file."""

    method: int
    flags: int
    crc: int
    packed: int
    size: int


def unpack(octets: Octets, start: int, stated: Stated, budget: Budget) -> Iterator[bytes]:
    """What is packed from `start` on."""
    if stated.size > limits.ARCHIVE_UNPACKED - budget.unpacked:
        raise Unreadable(f"packed by method {stated.method}, and too large for a program")
    archive = _alone(octets, start, stated)
    try:
        output = unpacked(PROGRAMS, archive.file(), [Wanted(stated.size, stated.crc)], stated.size + _SLACK, budget)
    finally:
        archive.close()
    try:
        if not output.found:
            raise Unreadable(f"packed by method {stated.method}")
        yield from read(*output.found[0])
    finally:
        output.close()


def _alone(octets: Octets, start: int, stated: Stated) -> Spool:
    """A zip with nothing else in it (4.3.7, 4.3.12, 4.3.16)."""
    common = (
        b"\x3f\0" + (stated.flags & _OPTIONS).to_bytes(2, "little") + stated.method.to_bytes(2, "little") + bytes(4)
    )
    for number in (stated.crc, stated.packed, stated.size):
        common += number.to_bytes(4, "little")
    common += len(_NAME).to_bytes(2, "little") + bytes(2)
    local = b"PK\x03\x04" + common + _NAME
    central = b"PK\x01\x02\x3f\0" + common + bytes(14) + _NAME
    end = b"PK\x05\x06" + bytes(4) + b"\1\0\1\0" + len(central).to_bytes(4, "little")
    end += (len(local) + stated.packed).to_bytes(4, "little") + bytes(2)
    return spooled(_pieces(local, octets.chunks(start, start + stated.packed), central + end))


def _pieces(before: bytes, content: Iterator[bytes], behind: bytes) -> Iterator[bytes]:
    yield before
    yield from content
    yield behind
