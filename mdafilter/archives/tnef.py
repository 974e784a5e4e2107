"""TNEF: the winmail.dat that Outlook sends ([MS-OXTNEF]).

In:    the octets
Out:   a Member for each attachment: attAttachTitle, and PR_ATTACH_LONG_FILENAME and PR_ATTACH_FILENAME of its MAPI
       properties, are its names; attAttachData is its content. Of a message that is attached the content is the object
       in PR_ATTACH_DATA_OBJ, which is TNEF again, and it has the name under which Outlook saves it, TITLE.msg
Fails: Unreadable where an attribute ends behind the octets.
Bugs:  an OLE object is not looked into.
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
# PR_ATTACH_DATA_OBJ as PtypObject, one value: its length follows, IID_IMessage, and the message as TNEF
_OBJECT = b"\x0d\x00\x01\x37\x01\0\0\0"
_MESSAGE = b"\x07\x03\x02\x00\0\0\0\0\xc0\0\0\0\0\0\0\x46"
SIGNATURE = b"\x78\x9f\x3e\x22"
_TEXTS = {b"\x1e\x00": "latin-1", b"\x1f\x00": "utf-16-le"}  # PtypString8, PtypString
_ATTACHMENT = 2  # level of an attribute
_PROPERTY_OCTETS = 256 * 1024  # of the properties of one attachment that are looked at


def members(packed: Packed) -> Iterator[Member]:
    """The attachments in it."""
    octets = packed.octets
    size, at = len(octets), 6  # signature and key
    one = _Attachment()
    while at + 9 <= size:
        packed.budget.check()  # there may be millions of attributes without an attachment
        head = octets.slice(at, at + 9)
        attribute, length = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:9], "little")
        start, end = at + 9, at + 9 + length
        if head[0] not in (1, _ATTACHMENT) or end > size:
            yield from one.members(octets)
            raise Unreadable("an attribute that does not end")
        if attribute == _RENDERING:
            yield from one.members(octets)
            one = _Attachment()
        elif head[0] == _ATTACHMENT and attribute == _TITLE:
            one.names.append((_text(octets.slice(start, min(end, start + 4096)), "latin-1"), "TNEF title"))
        elif head[0] == _ATTACHMENT and attribute == _DATA:
            one.data = start, end
        elif head[0] == _ATTACHMENT and attribute == _PROPERTIES:
            properties = octets.slice(start, min(end, start + _PROPERTY_OCTETS))
            one.names = [*_names(properties), *one.names]
            one.message = _message(properties, start, end) or one.message
        one.names = list(few_names(one.names))
        at = end + 2  # behind the checksum
    yield from one.members(octets)


class _Attachment:
    """What is known of an attachment so far: its names, and where its content is, and the message that it is."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.data: tuple[int, int] | None = None
        self.message: tuple[int, int] | None = None

    def members(self, octets: Octets) -> Iterator[Member]:
        """What it holds; of one that has both, what is shown of it does not hide the other."""
        if self.message is not None:
            saved = (f"{self.names[-1][0] if self.names else 'message'}.msg", "TNEF message")
            yield _member(octets, (*self.names, saved), self.message)
        if self.data is not None:
            yield _member(octets, tuple(self.names), self.data)
        elif self.names and self.message is None:
            yield Member(tuple(self.names), None, facts=(("not-opened", "an object of MAPI or OLE"),))


def _member(octets: Octets, names: tuple[tuple[str, str], ...], span: tuple[int, int]) -> Member:
    start, end = span
    return Member(names, lambda: octets.chunks(start, end), size=end - start, packed=end - start)


def _message(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Where the message is that is attached, if one is. `data` are the first octets of what lies in [start, end)."""
    at = data.find(_OBJECT)
    begin = at + len(_OBJECT) + 4
    if at < 0 or data[begin : begin + 16] != _MESSAGE or not data.startswith(SIGNATURE, begin + 16):
        return None
    return start + begin + 16, min(end, start + begin + int.from_bytes(data[begin - 4 : begin], "little"))


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
