"""Content-Transfer-Encoding taken off (RFC 2045 section 6), window by window, up to a limit.

In:    a range of Octets and the name of the encoding
Out:   the octets behind it; an unknown encoding, 7bit, 8bit and binary leave them as they are
Fails: never on what the octets are: what is not base64 is skipped, a wrong escape stays as it stands. A reader that
       is more lenient than the sender is strict sees more, and a filter must see what any reader could.
"""

from __future__ import annotations

import binascii

from mdafilter.message.encoded import unbase64
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message.octets import Octets

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_OTHER = bytes(sorted(set(range(256)) - set(_BASE64)))
_STRANGE = bytes(sorted(set(_OTHER) - set(b" \t\r\n")))
ENCODED = frozenset(("base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue"))


def pieces(octets: Octets, start: int, end: int, encoding: str) -> Iterator[bytes]:
    """The octets in [start, end) decoded, as much at a time as a window gives."""
    chunks = octets.chunks(start, end)
    if encoding == "base64":
        return _base64(chunks)
    if encoding == "quoted-printable":
        return _quoted_printable(chunks)
    return _uu(chunks) if encoding in ENCODED else chunks


def decode(octets: Octets, start: int, end: int, encoding: str, limit: int) -> bytes:
    """The octets in [start, end) decoded, at most `limit` of them."""
    if encoding not in ENCODED:
        return octets.slice(start, min(end, start + limit))
    out = bytearray()
    for piece in pieces(octets, start, end, encoding):
        out += piece[: limit - len(out)]
        if len(out) >= limit:
            break
    return bytes(out)


def is_bad_base64(octets: Octets, start: int, end: int) -> bool:
    """Whether there is something in the text that is neither base64 nor white space."""
    return any(len(chunk.translate(None, _STRANGE)) != len(chunk) for chunk in octets.chunks(start, end))


def _base64(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        text = rest + chunk.translate(None, _OTHER)
        if b"=" in text:
            done, _, rest = text.rpartition(b"=")
            yield unbase64(done)
        else:
            whole = len(text) - len(text) % 4
            yield binascii.a2b_base64(text[:whole])
            rest = text[whole:]
    yield unbase64(rest)


def _quoted_printable(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        cut = text.rfind(b"\n") + 1
        if not cut:  # one line longer than a window: cut it, but not inside an escape
            escape = text.rfind(b"=", max(0, len(text) - 3))
            cut = len(text) if escape < 0 else escape
        yield binascii.a2b_qp(text[:cut])
        rest = text[cut:]
    yield binascii.a2b_qp(rest)


def _uu(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if not line.startswith((b"begin ", b"end")):
                try:
                    yield binascii.a2b_uu(line.rstrip(b"\r"))
                except binascii.Error:
                    pass  # text around the encoded lines
