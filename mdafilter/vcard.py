"""Addresses of a vCard file (RFC 6350, 2426, vCard 2.1): the values of its EMAIL properties.

Lines are unfolded (RFC 6350 section 3.2), a group before the name ("item1.EMAIL") and parameters behind it are passed
over; a colon in a quoted parameter is none (section 3.3).

In:    the octets of a file, of one card or many.
Out:   the addresses, in their order, as text.
Fails: never: what is no vCard has no EMAIL. Linear in the length.
"""

from __future__ import annotations

import binascii

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def emails(text: bytes) -> Iterator[str]:
    """The value of each EMAIL that is not empty."""
    whole = text.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")
    for line in whole.split(b"\n"):
        if line[:64].upper().find(b"EMAIL") < 0:  # a group is short
            continue
        name = line[: min((at for at in map(line.find, (b";", b":")) if at >= 0), default=0)]
        if name.rpartition(b".")[2].strip().upper() != b"EMAIL":
            continue
        parameters, value = _split(line[len(name) :])
        if b"QUOTED-PRINTABLE" in parameters.upper():  # vCard 2.1
            value = binascii.a2b_qp(value)
        address = _unescaped(value.decode("utf-8", "surrogateescape")).strip()
        address = address[7:] if address[:7].lower() == "mailto:" else address
        if address:
            yield address


def _split(rest: bytes) -> tuple[bytes, bytes]:
    """Parameters and value: the first colon that is in no quotes parts them."""
    at = 0
    while (colon := rest.find(b":", at)) >= 0:
        quote = rest.find(b'"', at)
        if not 0 <= quote < colon:
            return rest[:colon], rest[colon + 1 :]
        at = rest.find(b'"', quote + 1) + 1
        if not at:
            break
    return rest, b""


def _unescaped(value: str) -> str:
    r"""RFC 6350 section 3.4: a backslash stands before ``\``, ``,`` and ``;``."""
    if "\\" not in value:
        return value
    pieces = value.split("\\\\")
    return "\\".join(piece.replace("\\,", ",").replace("\\;", ";").replace("\\:", ":") for piece in pieces)
