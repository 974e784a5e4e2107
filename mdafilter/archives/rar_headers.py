"""The headers of rar archives: RAR 1.5 to 4 (technote.txt of RAR 4.x), and RAR 5 (the "RAR 5.0 archive format").

A header stands before each file. No checksum of a header must fit, and a header of an unknown type is passed over: some
program will do so too.

In:    the octets, and where the archive begins in them
Out:   for each header a File, (name, text) of a fact, or None. Older versions of a file and its streams of NTFS (called
       "file:stream") are files, too
Fails: Unreadable where a header is none, or ends behind the octets.
Bounds: of a header _HEADER octets are looked at.
Bugs:  the archives of RAR 1.4 (1993) and before are not known.
"""

from __future__ import annotations

from mdafilter.archives import Unreadable, few_names
from mdafilter.archives.rar_names import unicode_name
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message.octets import Octets

MARK = b"Rar!\x1a\x07"  # then 0 (RAR 1.5 to 4), or 1 and 0
BEFORE = 2 * 1024 * 1024  # octets that may stand before it
_HEADER = 64 * 1024
_FIXED = 64  # octets at its beginning that say what it is, and how long


class File(Value):
    """What the header of a file says. `start` is where its content begins, packed as it is."""

    names: tuple[tuple[str, str], ...]
    start: int
    packed: int
    size: int  # -1 is not stated
    crc: int = -1
    stored: bool = False
    solid: bool = False  # packed by what is in the files before
    folder: bool = False
    link: bool = False  # to another file: it has no content
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def is_packed(self) -> bool:
        """Whether a program is needed to see what is in it."""
        return self.has_content and not self.stored and not self.facts

    @property
    def has_content(self) -> bool:
        """Whether a program that unpacks all files writes something for it."""
        return self.size > 0 and not self.folder and not self.link

    @property
    def source(self) -> int:
        """How many octets it is made of: of a solid one all that stand before it, too."""
        return self.packed + (self.start if self.solid else 0)


def begin_of(octets: Octets) -> int:
    """Where the archive begins."""
    at = octets.find(MARK, 0, BEFORE)
    while at >= 0 and not octets.slice(at + len(MARK), at + len(MARK) + 2).startswith((b"\0", b"\x01\0")):
        at = octets.find(MARK, at + 1, BEFORE)
    return at


def listed(octets: Octets, begin: int) -> Iterator[File | tuple[str, str] | None]:
    """The files, and what is to be known of the archive (name and text of a fact)."""
    if begin < 0:
        raise Unreadable("it is called rar and is none")
    at = begin + len(MARK)
    return _listed5(octets, at + 2) if octets.slice(at, at + 1) == b"\x01" else _listed4(octets, at + 1)


_FACTS = {
    "locked": ("encrypted", "a password"),
    "before": ("not-opened", "it begins in the volume before"),
    "after": ("not-opened", "it goes on in the next volume"),
    "size": ("not-opened", "its size is not stated"),
}


def _facts(**known: object) -> tuple[tuple[str, str], ...]:
    return tuple(_FACTS[name] for name, is_so in known.items() if is_so)


def _stream(service: File, name: str) -> File:
    """A stream of NTFS. A program that writes files to its standard output writes none."""
    facts = service.facts if service.stored else (*service.facts, ("not-opened", "a packed stream of NTFS"))
    return service.replace(names=few_names(((name, "rar stream"),)), solid=False, link=not service.stored, facts=facts)


# RAR 1.5 to 4: checksum 2 octets, type 1, flags 2, size of the header 2; with _LONG the size of what follows it, 4.
_MAIN4, _FILE4, _SERVICE4, _END4 = 0x73, 0x74, 0x7A, 0x7B
_LONG = 0x8000
_LOCKED_HEADERS = 0x80  # in the flags of _MAIN4
_BEFORE, _AFTER, _LOCKED, _SOLID, _FOLDER = 1, 2, 4, 0x10, 0xE0  # ... of _FILE4
_LARGE, _UNICODE, _VERSION = 0x100, 0x200, 0x800
_STORED4 = 0x30


def _listed4(octets: Octets, at: int) -> Iterator[File | tuple[str, str] | None]:
    last = ""
    while at + 7 <= len(octets):
        head = octets.slice(at, at + _FIXED)
        kind, flags, size = head[2], _number(head, 3, 2), _number(head, 5, 2)
        data = _number(head, 7, 4) if flags & _LONG or kind in (_FILE4, _SERVICE4) else 0
        if kind == _FILE4 and flags & _LARGE:
            data += _number(head, 32, 4) << 32
        if kind == _END4:
            return
        if kind == _MAIN4 and flags & _LOCKED_HEADERS:
            yield "encrypted", "its names, too"
            return
        if size < 7 or at + size > len(octets):
            raise Unreadable("a header that is none, or is cut off")
        found: File | None = None
        if kind in (_FILE4, _SERVICE4) and size >= 32:
            head = octets.slice(at, at + min(size, _HEADER))
            found = _file4(head, flags, at + size, data)
            if kind == _FILE4:
                last = found.names[0][0]
            else:
                stream = _stream4(head, flags)
                found = _stream(found, last + stream) if stream else None
        yield found
        at += size + data


def _file4(head: bytes, flags: int, start: int, packed: int) -> File:
    """4 each: packed, unpacked; 1 system; 4 each: CRC-32, time; 1 version, 1 method; 2 length of name, 4 attributes."""
    length, at = _number(head, 26, 2), 40 if flags & _LARGE else 32
    size = _number(head, 11, 4) + (_number(head, 36, 4) << 32 if flags & _LARGE else 0)
    folder = flags & _FOLDER == _FOLDER
    return File(
        few_names(tuple(_names4(head[at : at + length], flags))),
        start,
        packed,
        size,
        _number(head, 16, 4),
        stored=head[25] == _STORED4,
        solid=bool(flags & _SOLID),
        folder=folder,
        facts=_facts(locked=flags & _LOCKED, before=flags & _BEFORE, after=flags & _AFTER),
    )


def _names4(raw: bytes, flags: int) -> Iterator[tuple[str, str]]:
    plain, nul, packed = raw.partition(b"\0")
    if flags & _UNICODE and nul and (name := unicode_name(plain, packed)):
        yield name.replace("\\", "/"), "rar header, Unicode"
    try:
        name = plain.decode("utf-8").replace("\\", "/")
    except UnicodeDecodeError:
        name = plain.decode("cp437").replace("\\", "/")
    yield name, "rar header"
    if flags & _VERSION:
        yield name.rpartition(";")[0], "rar header, without its version"


def _stream4(head: bytes, flags: int) -> str:
    """The name of an NTFS stream, with its colon, in the header that is called STM; "" for another."""
    length, at = _number(head, 26, 2), 40 if flags & _LARGE else 32
    if head[at : at + length] != b"STM":
        return ""
    return head[at + length :].decode("utf-16-le", "replace").partition("\0")[0]


# RAR 5: checksum 4 octets; then numbers of 7 bits an octet: size of the header behind itself, type, flags, ...
_FILE5, _SERVICE5, _ENCRYPTION5, _END5 = 2, 3, 4, 5
_EXTRA5, _DATA5, _BEFORE5, _AFTER5 = 1, 2, 8, 16  # flags of a header
_FOLDER5, _TIME5, _CRC5, _NO_SIZE5 = 1, 2, 4, 8  # flags of a file
_LOCK_RECORD, _LINK_RECORD, _SERVICE_RECORD = 1, 5, 7  # in the extra area of a file


def _listed5(octets: Octets, at: int) -> Iterator[File | tuple[str, str] | None]:
    last = ""
    while at + 7 <= len(octets):
        head = octets.slice(at, at + _FIXED)
        size, place = _vint(head, 4)
        behind = place + size
        kind, place = _vint(head, place)
        flags, place = _vint(head, place)
        extra, place = _vint(head, place) if flags & _EXTRA5 else (0, place)
        data, place = _vint(head, place) if flags & _DATA5 else (0, place)
        if kind == _END5:
            return
        if kind == _ENCRYPTION5:
            yield "encrypted", "its names, too"
            return
        if not size or at + behind > len(octets):
            raise Unreadable("a header that is none, or is cut off")
        found: File | None = None
        if kind in (_FILE5, _SERVICE5):
            head = octets.slice(at, at + min(behind, _HEADER))
            records = dict(_records(head[max(place, behind - extra) :]))
            found = _file5(head, place, flags, records, at + behind, data)
            if kind == _FILE5:
                last = found.names[0][0]
            else:
                stream = records.get(_SERVICE_RECORD, b"").decode("utf-8", "replace")
                found = _stream(found, last + stream) if found.names[0][0] == "STM" and stream else None
        yield found
        at += behind + data


def _file5(head: bytes, at: int, flags: int, records: dict[int, bytes], start: int, packed: int) -> File:
    about, at = _vint(head, at)
    size, at = _vint(head, at)
    _attributes, at = _vint(head, at)
    at += 4 if about & _TIME5 else 0
    crc = _number(head, at, 4) if about & _CRC5 else -1
    at += 4 if about & _CRC5 else 0
    method, at = _vint(head, at)
    _system, at = _vint(head, at)
    length, at = _vint(head, at)
    return File(
        few_names(((head[at : at + length].decode("utf-8", "replace").partition("\0")[0], "rar header"),)),
        start,
        packed,
        -1 if about & _NO_SIZE5 else size,
        crc,
        stored=not method >> 7 & 7,
        solid=bool(method & 0x40),
        folder=bool(about & _FOLDER5),
        link=_LINK_RECORD in records,
        facts=_facts(
            locked=_LOCK_RECORD in records,
            before=flags & _BEFORE5,
            after=flags & _AFTER5,
            size=about & _NO_SIZE5,
        ),
    )


def _records(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of an extra area: size, type, content."""
    at = 0
    while at < len(extra):
        size, start = _vint(extra, at)
        kind, place = _vint(extra, start)
        if not size:
            return
        yield kind, extra[place : start + size]
        at = start + size


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of 7 bits an octet, the lowest first, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        octet = data[at] if at < len(data) else 0
        number |= (octet & 127) << shift
        at += 1
        if octet < 128:
            break
    return number, at


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
