"""TNEF: the winmail.dat that Outlook sends ([MS-OXTNEF]).

In:    the octets
Out:   a Member for each attachment: attAttachTitle, and PR_ATTACH_LONG_FILENAME and PR_ATTACH_FILENAME of its MAPI
       properties, are its names; attAttachData is its content
Fails: Unreadable where an attribute ends behind the octets.
Bugs:  a message that is embedded as a MAPI object is not looked into, and neither is an OLE object.
"""

from __future__ import annotations

from mdafilter.archives import Member, Unreadable, few_names
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.octets import Octets

# 2.1.3.2: attributes, by number and type
_RENDERING = 0x00069002  # attAttachRendData: an attachment begins
_TITLE = 0x00018010
_DATA = 0x0006800F
_PROPERTIES = 0x00069005
_LONG_NAME, _SHORT_NAME = b"\x07\x37", b"\x04\x37"  # PR_ATTACH_LONG_FILENAME, PR_ATTACH_FILENAME
_TEXTS = {b"\x1e\x00": "latin-1", b"\x1f\x00": "utf-16-le"}  # PtypString8, PtypString
_ATTACHMENT = 2  # level of an attribute
_PROPERTY_OCTETS = 256 * 1024  # of the properties of one attachment that are looked at


def members(packed: Packed) -> Iterator[Member]:
    """The attachments in it."""
    octets = packed.octets
    size, at = len(octets), 6  # signature and key
    names: list[tuple[str, str]] = []
    span: tuple[int, int] | None = None
    while at + 9 <= size:
        packed.budget.check()  # there may be millions of attributes without an attachment
        head = octets.slice(at, at + 9)
        attribute, length = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:9], "little")
        start, end = at + 9, at + 9 + length
        if head[0] not in (1, _ATTACHMENT) or end > size:
            if names or span:
                yield _member(octets, names, span)
            raise Unreadable("an attribute that does not end")
        if attribute == _RENDERING:
            if names or span:
                yield _member(octets, names, span)
            names, span = [], None
        elif head[0] == _ATTACHMENT and attribute == _TITLE:
            names.append((_text(octets.slice(start, min(end, start + 4096)), "latin-1"), "TNEF title"))
        elif head[0] == _ATTACHMENT and attribute == _DATA:
            span = start, end
        elif head[0] == _ATTACHMENT and attribute == _PROPERTIES:
            names = [*_names(octets.slice(start, min(end, start + _PROPERTY_OCTETS))), *names]
        names = list(few_names(names))
        at = end + 2  # behind the checksum
    if names or span:
        yield _member(octets, names, span)


def _member(octets: Octets, names: list[tuple[str, str]], span: tuple[int, int] | None) -> Member:
    if span is None:
        return Member(tuple(names), None, facts=(("not-opened", "an object of MAPI or OLE"),))
    start, end = span
    return Member(tuple(names), lambda: octets.chunks(start, end), size=end - start, packed=end - start)


def _names(data: bytes) -> Iterator[tuple[str, str]]:
    """The names among the properties. Each has type, number, count of values, length, and the text on four octets."""
    for number, how in ((_LONG_NAME, "TNEF long file name"), (_SHORT_NAME, "TNEF file name")):
        for type_, charset in _TEXTS.items():
            at = data.find(type_ + number)
            if at >= 0:
                length = int.from_bytes(data[at + 8 : at + 12], "little")
                text = _text(data[at + 12 : at + 12 + min(length, 4096)], charset)
                if text:
                    yield text, how


def _text(data: bytes, charset: str) -> str:
    return data.decode(charset, "replace").partition("\0")[0]
