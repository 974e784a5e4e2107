"""zip (APPNOTE.TXT), and what is made of it: jar, apk, Office files.

A zip says what is in it twice: in the central directory at its end, and in a local header before each file. Mail
programs and unpackers go by the one or by the other, so both are read, and an entry has the names of both; a file that
only has a local header is an entry too. What stands before the zip, or behind it, is passed over, as most programs do.

In:    the octets
Out:   a Member for each file; Facts: "names-differ", "macros" by the name of the part that Office keeps them in, and an
       Entry for the whole where its files show that it is a program or an Office document (`MADE`)
Fails: Unreadable without an end of the central directory, after the files that local headers tell of.
Bounds: one pass over the directory, one over the octets that it does not account for; the numbers of local headers are
       kept for as many entries as the walker asks for.
Bugs:  of a zip in several pieces (4.4.1.5) only the piece is looked at.
"""

from __future__ import annotations

from mdafilter.archives import Entry, Fact, Member, Unreadable, short_name
from mdafilter.archives.unpack import METHODS, lzma_of, read, unpacked
from mdafilter.archives.zip_methods import Stated, unpack
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.octets import Octets

_LOCAL, _CENTRAL, _END, _END64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"
_TAIL = 65_557  # octets at the end that the end of the directory is looked for in: itself and its comment (4.3.16)
_STORED, _DEFLATE, _BZIP2, _LZMA, _XZ, _AES = 0, 8, 12, 14, 95, 99  # 4.4.5
_METHODS = {_DEFLATE: "deflate", _BZIP2: "bzip2", _XZ: "xz"}
_BY_PASSWORD, _LATER, _HIDDEN, _UTF8 = 1, 8, 0x2000, 0x800  # bits of 4.4.4

# what the names of its files make a zip: all of the beginnings (or ends, with *) of names must be there
MADE: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("androidmanifest.xml", "classes.dex"), "executable", "apk"),
    (("meta-inf/manifest.mf", "*.class"), "executable", "jar"),
    (("[content_types].xml",), "document", "ooxml"),
)
_MACROS = ("vbaproject.bin", "xl/macrosheets/")  # [MS-OFFMACRO2] 2.2; sheets of Excel 4 macros


class _Header(Value):
    """A local header, or an entry of the central directory. `data` is where the content begins (local only)."""

    name: bytes
    extra: bytes
    flags: int
    method: int
    packed: int
    size: int
    at: int  # of the local header
    crc: int
    data: int = 0


def members(packed: Packed) -> Iterator[Member | Fact | Entry]:
    """The files of the directory, then those that it does not have."""
    octets = packed.octets
    directory = _directory(octets)
    signs: set[str] = set()
    spans: dict[int, int] = {}  # where local headers begin, and where their content ends
    for listed in _listed(octets, *directory) if directory else ():
        local = _local(octets, listed.at)
        end = max(listed.at + 1, local.data + _agreed(listed, local) if local else 0)
        spans[listed.at] = end
        member = _member(packed, listed, local)
        yield from _about(packed, member, signs)
        if local and local.name != listed.name:
            how = f"its local header names it {short_name(_texts(local)[0][0])!r}"
            yield Fact("names-differ", f"{packed.path}/{short_name(_texts(listed)[0][0])}", how)
        yield member
    for hidden in _hidden(packed, spans):
        member = _member(packed, hidden, hidden)
        yield from _about(packed, member, signs)
        if directory:
            yield Fact(
                "names-differ", f"{packed.path}/{short_name(member.names[0][0])}", "its directory does not have it"
            )
        yield member
    for marks, kind, made in MADE:
        if signs.issuperset(marks):
            yield Entry(packed.path, packed.depth, (), len(octets), kind, made)
            break
    if not directory:
        raise Unreadable("no end of its directory")


def _about(packed: Packed, member: Member, signs: set[str]) -> Iterator[Fact]:
    """What the name of a file tells of the whole."""
    name = member.names[0][0].replace("\\", "/").lower()
    for marks, _kind, _format in MADE:
        signs.update(m for m in marks if (name.endswith(m[1:]) if m[0] == "*" else name == m))
    if name.endswith(_MACROS[0]) or name.startswith(_MACROS[1:]):
        yield Fact("macros", f"{packed.path}/{short_name(member.names[0][0])}", "a program in an Office file")


def _member(packed: Packed, stated: _Header, local: _Header | None) -> Member:
    both = (stated, local) if local else (stated,)
    names = dict.fromkeys(text for header in both for text in _texts(header))
    flags, methods = stated.flags | (local.flags if local else 0), {header.method for header in both}
    if flags & _BY_PASSWORD or _AES in methods:
        text = "its names, too" if flags & _HIDDEN else "a password"
        return Member(tuple(names), None, stated.size, stated.packed, facts=(("encrypted", text),))
    facts: tuple[tuple[str, str], ...] = ()
    pieces = _pieces(packed, stated, local) if local else None
    folder = names and next(iter(names))[0].endswith(("/", "\\"))
    if pieces is None:
        facts = (("unreadable", "no local header"),)
    return Member(tuple(names), pieces, stated.size, stated.packed, bool(folder), facts)


def _pieces(packed: Packed, stated: _Header, local: _Header) -> Callable[[], Iterator[bytes]]:
    """How to unpack it."""
    octets, start, method = packed.octets, local.data, stated.method
    end = start + (stated.packed or local.packed or len(octets))
    if method == _STORED:
        return lambda: read(octets, start, end)
    if method in _METHODS:
        begin = METHODS[_METHODS[method]]
        return lambda: unpacked(read(octets, start, end), begin)
    if method == _LZMA:
        head = octets.slice(start, start + 9)
        skip = 4 + int.from_bytes(head[2:4], "little")
        return lambda: unpacked(read(octets, start + skip, end), lambda: lzma_of(head[4:9]))
    one = Stated(method, stated.flags, stated.crc, stated.packed, stated.size)
    return lambda: unpack(octets, start, one, packed.budget)


def _agreed(listed: _Header, local: _Header) -> int:
    """How much content is surely this file's: nothing that another reader could take for the next file is passed."""
    if local.flags & _LATER or not local.packed:
        return listed.packed
    return min(listed.packed, local.packed)


def _directory(octets: Octets) -> tuple[int, int, int] | None:
    """Where the central directory begins and ends, and what to add to the positions in it; None without one."""
    size = len(octets)
    base = max(0, size - _TAIL)
    tail = octets.slice(base, size)
    found = tail.rfind(_END)
    while found >= 0:
        end = tail[found : found + 22]
        at = base + found
        if len(end) == 22:
            length, start = _number(end, 12, 4), _number(end, 16, 4)
            if tail[max(0, found - 20) : found].startswith(b"PK\x06\x07"):  # the locator of zip64 (4.3.15)
                at64 = octets.find(_END64, max(0, at - 4096), at)
                end64 = octets.slice(at64, at64 + 56) if at64 >= 0 else b""
                if len(end64) == 56:
                    at, length, start = at64, _number(end64, 40, 8), _number(end64, 48, 8)
            for begin in (at - length, start):  # behind what was put before the zip, or where it says
                if 0 <= begin < at and octets.slice(begin, begin + 4) == _CENTRAL:
                    return begin, at, begin - start
            if not length:
                return at, at, 0
        found = tail.rfind(_END, 0, found)
    return None


def _listed(octets: Octets, at: int, end: int, shift: int) -> Iterator[_Header]:
    """The entries of the central directory (4.3.12)."""
    while at + 46 <= end:
        fixed = octets.slice(at, at + 46)
        if fixed[:4] != _CENTRAL:
            raise Unreadable("its directory is broken")
        name, extra, comment = (_number(fixed, place, 2) for place in (28, 30, 32))
        rest = octets.slice(at + 46, at + 46 + name + extra)
        sizes = [_number(fixed, place, 4) for place in (24, 20, 42)]  # unpacked, packed, position
        large = _extra(rest[name:], 1)
        for n, value in enumerate(sizes):
            if value == 0xFFFFFFFF and len(large) >= 8:  # 4.5.3: those that did not fit, in this order
                sizes[n], large = _number(large, 0, 8), large[8:]
        yield _Header(
            rest[:name],
            rest[name:],
            _number(fixed, 8, 2),
            _number(fixed, 10, 2),
            sizes[1],
            sizes[0],
            sizes[2] + shift,
            _number(fixed, 16, 4),
        )
        at += 46 + name + extra + comment


def _local(octets: Octets, at: int) -> _Header | None:
    """The local header at this place (4.3.7)."""
    fixed = octets.slice(at, at + 30) if 0 <= at < len(octets) else b""
    if len(fixed) < 30 or fixed[:4] != _LOCAL:
        return None
    name, extra = _number(fixed, 26, 2), _number(fixed, 28, 2)
    rest = octets.slice(at + 30, at + 30 + name + extra)
    packed, size = _number(fixed, 18, 4), _number(fixed, 22, 4)
    large = _extra(rest[name:], 1)
    if packed == 0xFFFFFFFF and len(large) >= 16:
        size, packed = _number(large, 0, 8), _number(large, 8, 8)
    flags, method = _number(fixed, 6, 2), _number(fixed, 8, 2)
    return _Header(
        rest[:name], rest[name:], flags, method, packed, size, at, _number(fixed, 14, 4), at + 30 + name + extra
    )


def _hidden(packed: Packed, spans: dict[int, int]) -> Iterator[_Header]:
    """The local headers that the directory does not have, outside of the files that it has."""
    octets = packed.octets
    at = octets.find(_LOCAL, 0, len(octets))
    while at >= 0:
        packed.budget.check()  # there may be millions that are none
        behind = spans.get(at)
        if behind is None:
            local = _local(octets, at)
            behind = at + 4
            if local and local.name and local.method <= _AES and b"\0" not in local.name:
                yield local
                behind = local.data + (0 if local.flags & _LATER else local.packed)
        at = octets.find(_LOCAL, behind, len(octets))


def _texts(header: _Header) -> list[tuple[str, str]]:
    """The readings of a name: UTF-8 if it can be that, else the old code page; and the extra field of 4.6.9."""
    how = "zip local header" if header.data else "zip directory"
    found = []
    unicode = _extra(header.extra, 0x7075)
    try:
        found.append((header.name.decode("utf-8"), how))
    except UnicodeDecodeError:
        found.append((header.name.decode("cp437"), how))
    if len(unicode) > 5:
        found.append((unicode[5:].decode("utf-8", "replace"), f"{how}, Unicode path"))
    return found


def _extra(extra: bytes, wanted: int) -> bytes:
    """One of the extra fields (4.5.1), b"" where it is not there."""
    at = 0
    while at + 4 <= len(extra):
        size = _number(extra, at + 2, 2)
        if _number(extra, at, 2) == wanted:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return b""


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
