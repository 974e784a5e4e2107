"""A message as an object in a winmail.dat: its properties ([MS-OXTNEF] 2.1.3).

Whoever forwards messages as attachments from an Outlook that sends winmail.dat sends each as TNEF within TNEF
(archives/tnef.py finds it). As in a .msg the octets that arrived are not in it, but their header may be.

    attMsgProps      the list of properties ([MS-OXTNEF] 2.1.3.4): type, number, for names of their own a GUID and the
                     name; then the value on four octets, or, of what has no fixed length, how many, and each with its
                     length
    attOemCodepage   of the texts that are not Unicode
    attSubject       is Subject, which is not in the list

In:    the octets
Out:   Properties; no others than those before the first octet that is not understood.
Fails: never.
Bounds: limits.FORWARD_OCTETS of a value. Linear.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.archives.tnef import SIGNATURE
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SUBJECT, _CODEPAGE, _PROPERTIES = 0x00018004, 0x00069007, 0x00069003
_STRING8, _UNICODE = 0x001E, 0x001F
_COUNTED = frozenset((_STRING8, _UNICODE, 0x0102, 0x000D))  # PtypString8, PtypString, PtypBinary, PtypObject
_FIXED = {0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 2, 0x0014: 8, 0x0040: 8}
_FIXED[0x0048] = 16
_SEVERAL = 0x1000
_NAMED = 0x8000  # numbers from here on have names


class Properties(Value):
    """Texts by number and type (of PtypString and PtypString8), and numbers by number and type in one."""

    texts: Mapping[tuple[int, int], bytes]
    numbers: Mapping[int, int]
    codepage: int


def properties(raw: bytes) -> Properties:
    """Those of the message; none where it is no TNEF."""
    texts: dict[tuple[int, int], bytes] = {}
    numbers: dict[int, int] = {}
    codepage = 0
    at = 6 if raw.startswith(SIGNATURE) else len(raw)
    while at + 9 <= len(raw) and raw[at] == 1:  # those of attachments follow
        attribute, length = _number(raw, at + 1), _number(raw, at + 5)
        begin, end = at + 9, at + 9 + length
        if attribute == _SUBJECT:
            texts.setdefault((0x0037, _STRING8), raw[begin : min(end, begin + limits.FORWARD_OCTETS)])
        elif attribute == _CODEPAGE:
            codepage = _number(raw, begin)
        elif attribute == _PROPERTIES:
            for number, kind, value in _listed(raw, begin, min(end, len(raw))):
                if kind in (_STRING8, _UNICODE):
                    texts.setdefault((number, kind), value)
                elif kind in _FIXED:
                    numbers.setdefault(number << 16 | kind, int.from_bytes(value, "little"))
        at = end + 2  # behind the checksum
    return Properties(texts, numbers, codepage)


def _listed(raw: bytes, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Number, type and value of each property that has one value."""
    many, at = _number(raw, at), at + 4
    while many and at + 8 <= end:
        many -= 1
        kind, number = _number(raw, at, 2), _number(raw, at + 2, 2)
        at += 4
        if number >= _NAMED:
            has_text = _number(raw, at + 16)
            at += 24 + (_padded(_number(raw, at + 20)) if has_text else 0)
        size = _FIXED.get(kind & ~_SEVERAL)
        if kind & _SEVERAL == 0 and size is not None:
            yield number, kind, raw[at : min(at + size, end)]
            at += _padded(size)
        elif size is not None:
            at += 4 + _number(raw, at) * _padded(size)
        elif kind & ~_SEVERAL in _COUNTED:
            values, at = _number(raw, at), at + 4
            while values and at + 4 <= end:
                values -= 1
                size = _number(raw, at)
                if kind & _SEVERAL == 0:
                    yield number, kind, raw[at + 4 : min(at + 4 + size, end, at + 4 + limits.FORWARD_OCTETS)]
                at += 4 + _padded(size)
        else:
            return


def _padded(size: int) -> int:
    return -(-size // 4) * 4


def _number(raw: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(raw[at : at + size], "little")
