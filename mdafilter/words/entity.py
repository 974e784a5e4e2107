"""MIME entities that rules write: the text of replace and enclose as a part of a message (RFC 2045 section 2.4).

A text becomes text/plain in UTF-8. It is encoded where it has to be, so that it is right in any message and goes
through any relay: not ASCII, long lines, octets that no text has, lines that look like the boundary of a multipart.

An entity that a script writes itself has to be one: fields, an empty line, a body. What is not ASCII in it and not
encoded is encoded, where it is no multipart and no message.

In:    strings of a script; the parts around.
Out:   Headers and a body. Fails: a fault as text, "" is none; RuleFailed for what would end the multipart around it.
"""

from __future__ import annotations

import binascii

from mdafilter.errors import RuleFailed
from mdafilter.message import Field, Headers, Message
from mdafilter.message.splice import encoded_as, in_base64
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.message import Part

LINE = 998  # octets of a line (RFC 5322 section 2.1.1)
PLAIN = ("", "7bit", "8bit", "binary")


def of_text(text: str, newline: bytes) -> tuple[Headers, bytes]:
    """The header and the body of a text/plain part."""
    body = text.encode("utf-8", "surrogateescape").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    headers = Headers([Field.make("Content-Type", "text/plain; charset=utf-8", newline)])
    return _encoded(headers, body, newline)


def of_mime(text: str, newline: bytes) -> tuple[Headers, bytes]:
    """The header and the body of the entity in the text, which has no fault."""
    octets = text.encode("utf-8", "surrogateescape").replace(b"\r\n", b"\n").replace(b"\n", newline)
    message = Message.parse(octets)
    part, body = message.parts[0], octets[message.body :]
    if part.is_container or body.isascii() or part.encoding not in PLAIN:
        return message.headers, body
    return _encoded(message.headers, body.replace(newline, b"\n"), newline)


def fault(text: str) -> str:
    """Why the text is no MIME entity."""
    octets = text.encode("utf-8", "surrogateescape").replace(b"\r\n", b"\n")
    message = Message.parse(octets)
    if message.body == len(octets) and not octets.endswith(b"\n\n") and octets != b"\n":
        return "a MIME entity has an empty line behind its header"
    for field in message.headers:
        if not field.name:
            return f'"{field.text[:60].strip()}" is no field of a header'
        if not field.raw.isascii():
            return f"the field {field.name} has characters that are not ASCII"
    if message.parts[0].type.startswith("multipart/") and len(message.parts) < 2:
        return "a multipart without parts"
    return ""


def check_boundaries(entity: bytes, part: Part) -> None:
    """RuleFailed if a line of the entity is a delimiter of a multipart that the part stands in."""
    lines = {line.rstrip(b" \t\r").removesuffix(b"--") for line in entity.split(b"\n") if line.startswith(b"--")}
    if any(b"--" + boundary.removesuffix(b"--") in lines for boundary in _around(part)):
        raise RuleFailed("replace: the MIME entity has the boundary of the multipart around it")


def _around(part: Part) -> Iterable[bytes]:
    one = part.parent
    while one is not None:
        yield from one.boundaries()
        one = one.parent


def _encoded(headers: Headers, body: bytes, newline: bytes) -> tuple[Headers, bytes]:
    """`body` has LF at its line ends."""
    lines = body.split(b"\n")
    if b"\0" in body or b"\r" in body or any(line.startswith(b"--") for line in lines):
        return encoded_as(headers, "base64", newline), in_base64(body.replace(b"\n", b"\r\n"), newline)
    if body.isascii() and max(map(len, lines)) <= LINE:
        return headers, newline.join(lines)
    quoted = binascii.b2a_qp(body, istext=True).replace(b"\n", newline)
    return encoded_as(headers, "quoted-printable", newline), quoted
