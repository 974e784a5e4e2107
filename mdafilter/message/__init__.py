"""The message: octets, header, MIME parts, names of attachments, addresses, envelope. See message.py first.

What only some rules need (parts, names, addresses) is loaded when it is asked for.
"""

from __future__ import annotations

from mdafilter.message.envelope import Envelope
from mdafilter.message.field import Field
from mdafilter.message.headers import Defect, Headers
from mdafilter.message.message import Message, Piece, Span, framed
from mdafilter.message.octets import Held, Octets
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message.addresses import Address
    from mdafilter.message.names import Reading
    from mdafilter.message.parts import Part

__all__ = [
    "Address",
    "Defect",
    "Envelope",
    "Field",
    "Headers",
    "Held",
    "Message",
    "Octets",
    "Part",
    "Piece",
    "Reading",
    "Span",
    "framed",
]


def __getattr__(name: str) -> object:
    if name == "Address":
        from mdafilter.message.addresses import Address

        return Address
    if name == "Part":
        from mdafilter.message.parts import Part

        return Part
    if name == "Reading":
        from mdafilter.message.names import Reading

        return Reading
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
