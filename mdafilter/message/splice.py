"""Other octets in the place of a part, and around a message: what replace and enclose do (RFC 5703 sections 5 and 6).

A new message is made; the octets of the old one are copied into a file without a name, by the kernel, and a large one
is never in memory. A part that stands in an encoded one (a message/rfc822 in base64, which RFC 2046 forbids) is
replaced in what was decoded, and that is encoded again, as base64.

In:    a message, a part of its tree that is not the root, the octets of an entity: header, empty line, body.
Out:   another Message; None where the part stands in an encoded one that is too long to be decoded as a whole.
Fails: OSError of reading and writing.
"""

from __future__ import annotations

import binascii

from mdafilter import limits
from mdafilter.message.field import Field
from mdafilter.message.headers import Headers
from mdafilter.message.message import Message, Span, copy, rebuilt, write
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message.octets import Octets
    from mdafilter.message.parts import Part

BASE64_LINE = 57  # octets that become 76 characters (RFC 2045 section 6.8)


def with_part(message: Message, part: Part, entity: bytes) -> Message | None:
    """The message with this entity in the place of the part, header and body."""
    if part.octets is message.octets:
        return _between(message, part.start, part.end, entity)
    inside = part.octets
    if len(inside) >= limits.PART_DECODE:
        return None
    around = part
    while around.parent is not None and around.octets is inside:
        around = around.parent
    after = inside.slice(part.end, len(inside))
    body = in_base64(inside.slice(0, part.start) + _ended(entity, after, message.newline) + after, message.newline)
    headers = encoded_as(around.headers if around.parent else message.headers, "base64", message.newline)
    if around.parent is None:
        return Message.parse(joined(headers, body, message.newline))
    return with_part(message, around, joined(headers, body, message.newline))


def enclosed(message: Message, before: bytes, after: bytes) -> Message:
    """The whole message between these octets."""

    def fill(fd: int) -> None:
        write(fd, before)
        message.write_to(fd)
        write(fd, after)

    return rebuilt(fill)


def joined(headers: Headers, body: bytes, newline: bytes) -> bytes:
    """An entity."""
    raw = headers.raw()
    return raw + (b"" if not raw or raw.endswith(b"\n") else newline) + newline + body


def encoded_as(headers: Headers, encoding: str, newline: bytes) -> Headers:
    """The header with this Content-Transfer-Encoding, and no other."""
    kept = [field for field in headers if field.key != "content-transfer-encoding"]
    return Headers([*kept, Field.make("Content-Transfer-Encoding", encoding, newline)])


def in_base64(data: bytes, newline: bytes) -> bytes:
    """In lines of 76 characters, without a line end behind the last."""
    starts = range(0, len(data), BASE64_LINE)
    return newline.join([binascii.b2a_base64(data[at : at + BASE64_LINE], newline=False) for at in starts])


def is_ascii(octets: Octets) -> bool:
    """Whether no octet is over 127."""
    return all(chunk.isascii() for chunk in octets.chunks(0, len(octets)))


def _between(message: Message, start: int, end: int, entity: bytes) -> Message:
    """With the entity instead of the octets from start to end, which lie in the body."""
    octets = message.octets

    def fill(fd: int) -> None:
        for piece in message.pieces():
            if isinstance(piece, bytes):
                write(fd, piece)
                continue
            copy(octets, Span(piece.start, start), fd)
            write(fd, _ended(entity, octets.slice(end, end + 2), message.newline))
            copy(octets, Span(end, piece.end), fd)

    return rebuilt(fill)


def _ended(entity: bytes, after: bytes, newline: bytes) -> bytes:
    """The line end before a delimiter belongs to that (RFC 2046 section 5.1.1): a part without octets may have none."""
    return entity if not after or after.startswith((b"\n", b"\r\n")) else entity + newline
