"""OLE2 compound files ([MS-CFB]): Word, Excel and PowerPoint up to 2003, embedded objects, Outlook's .msg.

A VBA project ([MS-OVBA] 2.2.1) or an encrypted document ([MS-OFFCRYPTO] 2.3.4.1) is told by a name in the directory.
Directory entries are 128 octets, on places that can be divided by 128; their name is UTF-16, and its length with its
end follows 64 octets behind (2.6.1). So they are found by looking for the name, wherever the sectors are: no table that
leads to them needs to be believed. What is in the streams is read as the tables say (cfb.py):

    \\1Ole10Native       a file in a document, as the Packager makes it: its names, and what is in it
    Package, CONTENTS   a document in a document
    __attach...         an attachment of a message ([MS-OXMSG] 2.2.2)
    Workbook, Book      Excel: macro sheets of Excel 4 ([MS-XLS] 2.4.28), or a password (2.4.117)
    WordDocument        Word: a password ([MS-DOC] 2.5.2, fEncrypted)
    PowerPoint Document PowerPoint: macros ([MS-PPT] 2.4.10)
    Current User        PowerPoint: a password ([MS-PPT] 2.3.2)

In:    the octets
Out:   a Member for each file in it; "macros", "encrypted", each once
Fails: never.
Bugs:  of a message in a .msg the attachments are seen, but not what it is called.
"""

from __future__ import annotations

from mdafilter.archives import Fact, Member
from mdafilter.archives.cfb import CompoundFile
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.archives.budget import Budget
    from mdafilter.archives.cfb import Stream
    from mdafilter.archives.walk import Packed

ENTRIES = (
    # name in the directory   fact
    ("_VBA_PROJECT", "macros", "a VBA project"),
    ("_VBA_PROJECT_CUR", "macros", "a VBA project"),
    ("EncryptedPackage", "encrypted", "an encrypted Office document"),
)
_TRIES = 1000  # places where the name stands and no entry is
_HEAD = 64 * 1024  # octets of a stream that are looked at
_PACKAGE = 4096  # octets before the content of a file that the Packager has made, and behind it
_RECORDS = 10_000

# Streams of an attachment ([MS-OXPROPS] PidTagAttachLongFilename, ...Filename, ...DataBinary), by property and type.
_NAMES = (
    ("__substg1.0_3707001F", "utf-16-le"),
    ("__substg1.0_3707001E", "latin-1"),
    ("__substg1.0_3704001F", "utf-16-le"),
    ("__substg1.0_3704001E", "latin-1"),
)
_DATA = "__substg1.0_37010102"


def members(packed: Packed) -> Iterator[Member | Fact]:
    """What the directory tells, each fact once; then what is in the streams."""
    told = set()
    for name, fact, text in ENTRIES:
        if fact not in told and _has_entry(packed, name):
            told.add(fact)
            yield Fact(fact, packed.path, text)
    streams = []
    for stream in CompoundFile(packed.octets).streams():
        packed.budget.check()
        streams.append(stream)
        fact, text = _looked(stream, packed.budget)
        if fact and fact not in told:
            told.add(fact)
            yield Fact(fact, packed.path, text)
    names = _attachment_names(streams)
    for stream in streams:
        if stream.name == "\1Ole10Native":
            yield packaged(stream.pieces, stream.size)
        elif stream.name in ("Package", "CONTENTS"):
            yield Member(((stream.name, "OLE stream"),), stream.pieces, stream.size, stream.size)
        elif stream.name == _DATA:
            yield Member(tuple(names.get(stream.storage, ())), stream.pieces, stream.size, stream.size)


def _has_entry(packed: Packed, name: str) -> bool:
    octets, wanted = packed.octets, f"{name}\0".encode("utf-16-le")
    at = -1
    for _ in range(_TRIES):
        at = octets.find(wanted, at + 1, len(octets))
        if at < 0:
            return False
        if at % 128 == 0 and octets.slice(at + 64, at + 66) == len(wanted).to_bytes(2, "little"):
            return True
    return True  # so many places that are none were put there to hide one


def _looked(stream: Stream, budget: Budget) -> tuple[str, str]:
    """What a stream of a document tells: name and text of a fact."""
    match stream.name:
        case "Workbook" | "Book":
            return _workbook(stream.head(_HEAD))
        case "WordDocument" if len(head := stream.head(12)) == 12 and head[11] & 1:
            return "encrypted", "an encrypted Word document"
        case "Current User" if stream.head(16)[12:] == b"\xdf\xc4\xd1\xf3":
            return "encrypted", "an encrypted presentation"
        case "PowerPoint Document" if _has_macros(stream, budget):
            return "macros", "a presentation with macros"
    return "", ""


def _workbook(data: bytes) -> tuple[str, str]:
    """Records: type and length, 2 octets each. Those of the workbook come first, its end is record 10."""
    at = 0
    for _ in range(_RECORDS):
        kind, length = _number(data, at, 2), _number(data, at + 2, 2)
        if kind == 0x2F:
            return "encrypted", "an encrypted workbook"
        if kind == 0x85 and data[at + 9 : at + 10] == b"\1":
            return "macros", "a macro sheet of Excel 4"
        if kind == 10 or at >= len(data):
            break
        at += 4 + length
    return "", ""


def _has_macros(stream: Stream, budget: Budget) -> bool:
    """A VBAInfoAtom: a header of 8 octets, a number, and whether there are macros."""
    before = b""
    for piece in stream.pieces():
        budget.check()  # many entries may lead to one large stream
        data = before + piece
        at = data.find(b"\x02\0\0\x04\x0c\0\0\0")
        while at >= 0 and at + 16 <= len(data):
            if data[at + 12 : at + 16] == b"\1\0\0\0":
                return True
            at = data.find(b"\x02\0\0\x04\x0c\0\0\0", at + 1)
        before = data[-20:]
    return False


def _attachment_names(streams: list[Stream]) -> dict[int, list[tuple[str, str]]]:
    """The names of attachments, by the storage that they are in."""
    found: dict[int, list[tuple[str, str]]] = {}
    for wanted, charset in _NAMES:
        for stream in streams:
            if stream.name == wanted:
                text = stream.head(_PACKAGE).decode(charset, "replace").partition("\0")[0]
                found.setdefault(stream.storage, []).append((text, "name in a .msg"))
    return found


def packaged(pieces: Callable[[int], Iterator[bytes]], size: int) -> Member:
    """A file that the Packager has made; `pieces` gives what is there from an octet on.

    Size 4; 2 and 0; label, file name, each with NUL; 4; temporary name behind its size; content behind its size; and
    the three names once more in UTF-16, each behind the count of its characters.
    """
    head = _first(pieces(0), _PACKAGE)
    if head[4:6] != b"\2\0":
        return Member((), lambda: pieces(4), size - 4, size)
    label, _, rest = head[6:].partition(b"\0")
    file, _, rest = rest.partition(b"\0")
    length = _number(rest, 4, 4)
    at = len(head) - len(rest) + 8 + length
    stated, start = _number(head, at, 4), at + 4
    names = [text.decode("latin-1") for text in (file, label, head[at - length : at])]
    behind, place = _first(pieces(start + stated), _PACKAGE), 0
    for _ in range(3):
        length = 2 * _number(behind, place, 4)
        names.append(behind[place + 4 : place + 4 + length].decode("utf-16-le", "replace"))
        place += 4 + length
    saved = (name.partition("\0")[0].replace("\\", "/") for name in names)
    sources = tuple(dict.fromkeys((name, "name in an OLE package") for name in saved if name))
    return Member(sources, lambda: pieces(start), min(stated, size), size)


def _first(pieces: Iterator[bytes], size: int) -> bytes:
    out = b""
    for piece in pieces:
        out += piece
        if len(out) >= size:
            break
    return out[:size]


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
