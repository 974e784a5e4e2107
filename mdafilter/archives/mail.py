"""A message as a file (.eml), in an archive or attached under another type: its attachments (RFC 5322, RFC 2045).

Messages that are attached as message/rfc822 are parts of the message itself (message/walk.py) and do not come here.

In:    the octets
Out:   a Member for each part that has no parts in it. A text without a name is no attachment; what stands in it as
       uuencode is (inline.py)
Fails: never.
"""

from __future__ import annotations

from mdafilter.archives import Member
from mdafilter.archives.inline import inline_files
from mdafilter.message import transfer
from mdafilter.message.message import Message
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.parts import Part


def members(packed: Packed) -> Iterator[Member]:
    """The attachments of the message."""
    for part in Message.parse(packed.octets).parts:
        yield from attached(part)


def attached(part: Part) -> Iterator[Member]:
    """The part, if it is an attachment, in each of its transfer encodings; or the files that stand in its text."""
    if part.is_attachment:
        for encoding in part.encodings() or ("",):
            yield _member(part, encoding)
    elif not part.is_container:
        yield from inline_files(part)


def _member(part: Part, encoding: str) -> Member:
    """A part as a file: its names, and its content without transfer encoding."""
    names = tuple((reading.text, reading.how) for reading in part.readings())
    pieces = lambda: transfer.pieces(part.octets, part.body, part.end, encoding)  # noqa: E731
    return Member(names, pieces, packed=max(0, part.end - part.body))
