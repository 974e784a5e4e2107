"""RTF: the objects that are embedded in it ("Rich Text Format Specification" 1.9.1, Objects; [MS-OLEDS] 2.2.5).

An object stands in hexadecimal behind \\objdata: version 4, kind 4, three texts (class, topic, item) each behind its
length of 4 octets, then the length of its content, 4, and that. A file that was dragged into the document is of the
class Package, and its content is what ole.py reads.

In:    the octets
Out:   a Member for each object, at most OBJECTS
Fails: never.
Bugs:  hexadecimal with other words of RTF between its digits, as exploits write it, is read up to there.
"""

from __future__ import annotations

from mdafilter.archives import Member
from mdafilter.archives.ole import packaged
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.octets import Octets

OBJECTS = 1000
_WORD = b"\\objdata"
_HEAD = 1024  # octets of the three texts
_DIGITS = b"0123456789abcdefABCDEF"
_BLANK = b" \t\r\n"
_PIECE = 64 * 1024


def members(packed: Packed) -> Iterator[Member]:
    """The objects in it."""
    octets, at = packed.octets, -1
    for _ in range(OBJECTS):
        packed.budget.check()
        at = octets.find(_WORD, at + 1, len(octets))
        if at < 0:
            return
        yield _member(octets, at + len(_WORD))


def _member(octets: Octets, start: int) -> Member:
    head, place, texts = b"".join(_pieces(octets, start, start + 2 * _HEAD)), 8, []
    for _ in range(3):
        length = int.from_bytes(head[place : place + 4], "little")
        texts.append(head[place + 4 : place + 4 + length].partition(b"\0")[0].decode("latin-1"))
        place += 4 + length
    content = place
    size = int.from_bytes(head[content : content + 4], "little")

    def pieces(skip: int = 4) -> Iterator[bytes]:
        skip += content
        for piece in _pieces(octets, start, len(octets)):
            yield piece[skip:]
            skip = max(0, skip - len(piece))

    if texts[0] == "Package":
        return packaged(pieces, size + 4)
    return Member(((texts[0] or "object", "class of an object in RTF"),), pieces, size, size)


def _pieces(octets: Octets, start: int, end: int) -> Iterator[bytes]:
    """The octets that the digits from `start` on make, up to anything else."""
    rest = b""
    while start < end:
        text = rest + octets.slice(start, min(end, start + _PIECE)).translate(None, _BLANK)
        digits = len(text) - len(text.lstrip(_DIGITS))
        whole = digits - digits % 2
        yield bytes.fromhex(text[:whole].decode("ascii"))
        if digits < len(text):
            return
        rest, start = text[whole:], start + _PIECE
