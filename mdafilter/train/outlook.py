"""A message as Outlook saves it, *.msg: what it tells of the message that arrived ([MS-OXMSG], [MS-OXPROPS]).

It is a compound file ([MS-CFB]; archives/cfb.py) of the properties that Exchange made of the message; in a winmail.dat
it is a list of them (winmail.py). The octets that arrived are not in it, so nothing is learned from it: it is one more
forward that says what its original is called.

    header      as it arrived (PidTagTransportMessageHeaders): Message-ID, Subject, From, Date
    properties  of what the header does not have, or where there is none

References are not taken: they are those of the message itself, and would lead to what it answers.

In:    the octets of a file
Out:   Hints; None for what is neither, and for one that says nothing
Fails: never.
Bounds: those of archives/cfb.py; of a text limits.FORWARD_OCTETS. Linear.
"""

from __future__ import annotations

import codecs
from email.utils import formatdate

from mdafilter import limits
from mdafilter.archives.cfb import MAGIC, CompoundFile
from mdafilter.archives.tnef import SIGNATURE
from mdafilter.message import Message
from mdafilter.message.octets import Octets
from mdafilter.train import Hints
from mdafilter.train.identity import message_id
from mdafilter.train.winmail import properties
from mdafilter.values import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.archives.cfb import Stream
    from mdafilter.message import Headers

TYPE = "application/vnd.ms-outlook"
# Texts by the numbers of their properties, PidTag...; of several the first that is there.
_HEADER = (0x007D,)  # TransportMessageHeaders
_MESSAGE_ID = (0x1035,)  # InternetMessageId
_SUBJECT = (0x0037,)  # Subject
_ADDRESS = (0x5D02, 0x5D01, 0x0065, 0x0C1F)  # (SentRepresenting, Sender) SmtpAddress, then EmailAddress
_NAME = (0x0042, 0x0C1A)  # SentRepresentingName, SenderName
# Numbers, in a stream of their own.
_CODEPAGE = 0x3FFD0003  # MessageCodepage
_SUBMITTED = 0x00390040  # ClientSubmitTime: what Date says
_DELIVERED = 0x0E060040  # MessageDeliveryTime

_BANNER = "Microsoft Mail Internet Headers"  # a line that Outlook puts before the header
_ENTRIES_FROM, _ENTRY = 32, 16  # of the stream of numbers ([MS-OXMSG] 2.4.1)
_EPOCH = 11_644_473_600  # seconds from 1601, where FILETIME begins, to 1970 ([MS-DTYP] 2.3.3)
_LAST = 1 << 33  # a second after which nothing has arrived


def hints(raw: bytes) -> Hints | None:
    """What the file tells of the message."""
    if not raw.startswith((MAGIC, SIGNATURE)):
        return None
    known = _Compound(raw) if raw.startswith(MAGIC) else _Listed(raw)
    text = known.text(_HEADER).lstrip()
    if text.startswith(_BANNER):
        text = text.partition("\n")[2]
    headers = Message.parse(text.encode("utf-8", "replace")).headers
    found = message_id(_value(headers, "message-id") or known.text(_MESSAGE_ID))
    told = Hints(
        (found,) if found else (),
        _line(_text(headers, "subject") or known.text(_SUBJECT)),
        _line(_value(headers, "date") or known.date()),
        _line(_text(headers, "from") or known.sender()),
    )
    return told if told != Hints() else None


class _Properties(Protocol):
    """The properties of the message itself, not those of recipients and attachments."""

    numbers: Mapping[int, int]

    def octets(self, number: int, kind: str) -> bytes | None:
        """The first octets of a text; None where it is not there."""
        ...

    def text(self, numbers: tuple[int, ...]) -> str:
        """The first of these that is there."""
        for number in numbers:
            for kind, charset in (("001F", "utf-16-le"), ("001E", self._charset())):  # PtypString, PtypString8
                found = self.octets(number, kind)
                if found is not None:
                    return found.decode(charset, "replace").partition("\0")[0]
        return ""

    def date(self) -> str:
        """When it was sent; else the day on which it arrived, which may be some minutes or hours after that."""
        sent, arrived = (self.numbers.get(number, 0) / 10_000_000 - _EPOCH for number in (_SUBMITTED, _DELIVERED))
        if 0 < sent < _LAST:
            return formatdate(sent)
        return formatdate(arrived)[:16] if 0 < arrived < _LAST else ""

    def sender(self) -> str:
        """His address. Of somebody of the same Exchange it is no such address (X.500): then his name."""
        addresses = (self.text((number,)) for number in _ADDRESS)
        return next((address for address in addresses if "@" in address), "") or self.text(_NAME)

    def _charset(self) -> str:
        try:
            return codecs.lookup(f"cp{self.numbers.get(_CODEPAGE, 1252)}").name
        except LookupError:
            return "latin-1"


class _Compound(_Properties):
    """Those of a compound file: a stream for each text; recipients and attachments are in storages."""

    def __init__(self, raw: bytes) -> None:
        self.streams: dict[str, Stream] = {}
        for stream in CompoundFile(Octets.of(raw)).streams():
            if stream.storage == 0:
                self.streams.setdefault(stream.name, stream)
        self.numbers = _numbers(self.streams)

    def octets(self, number: int, kind: str) -> bytes | None:
        stream = self.streams.get(f"__substg1.0_{number:04X}{kind}")
        return None if stream is None else stream.head(limits.FORWARD_OCTETS)


class _Listed(_Properties):
    """Those of a message in a winmail.dat."""

    def __init__(self, raw: bytes) -> None:
        found = properties(raw)
        self.texts = found.texts
        self.numbers = {_CODEPAGE: found.codepage, **found.numbers} if found.codepage else found.numbers

    def octets(self, number: int, kind: str) -> bytes | None:
        return self.texts.get((number, int(kind, 16)))


def _numbers(streams: dict[str, Stream]) -> dict[int, int]:
    """The properties of fixed length: number and type, flags, and the value ([MS-OXMSG] 2.4.2.1)."""
    stream = streams.get("__properties_version1.0")
    data = stream.head(limits.FORWARD_OCTETS) if stream is not None else b""
    found: dict[int, int] = {}
    for at in range(_ENTRIES_FROM, len(data) - _ENTRY + 1, _ENTRY):
        size = 4 if data[at : at + 2] == b"\3\0" else 8  # PtypInteger32
        found.setdefault(_number(data[at : at + 4]), _number(data[at + 8 : at + 8 + size]))
    return found


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _value(headers: Headers, name: str) -> str:
    field = headers.first(name)
    return field.value[: limits.FORWARD_LINE] if field else ""


def _text(headers: Headers, name: str) -> str:
    field = headers.first(name)
    return field.text[: limits.FORWARD_LINE] if field else ""


def _line(text: str) -> str:
    return " ".join(text[: limits.FORWARD_LINE].split())
