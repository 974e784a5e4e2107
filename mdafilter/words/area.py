"""What the conditions of a procmailrc look at (procmailrc(5), flags H and B, "variablename ??"). No word of Sieve.

    header   the From line that Postfix wrote, all fields, each as one line, and the empty line
    body     the body as it stands, up to limits.GREP_OCTETS of it
    both     the one behind the other
    $NAME    the value of a variable

Procmail reads octets: a text to be searched has one character for each (matching/egrep.py). What is longer than
limits.REGEX_SUBJECT comes in windows that overlap, so that nothing short is cut in two.

In: the name of an area. Out: its octets, their number, or windows. Never fails but for OSError of reading.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.matching.egrep import EDGE
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Message
    from mdafilter.plan import Scene

OVERLAP = 4096  # what is found across the end of a window, at most


def pieces(scene: Scene, area: str) -> Iterator[bytes]:
    """The octets, one piece after the other. A CRLF is a newline."""
    if area.startswith("$"):
        yield scene.value(area[1:]).encode("utf-8", "surrogateescape")
        return
    message = scene.message
    if area != "body":
        yield header(message, scene.envelope.postmark(message.newline))
    if area != "header":
        yield from _body(message)


def header(message: Message, postmark: bytes = b"") -> bytes:
    """The header with a newline before a blank made a blank: "procmail concatenates all continued header fields"."""
    raw = (postmark + message.headers.raw()).replace(b"\r\n", b"\n").replace(b"\n ", b"  ").replace(b"\n\t", b" \t")
    before = message.octets.slice(max(0, message.body - 4), message.body)
    has_end = before.endswith((b"\n\n", b"\n\r\n")) or before in (b"\n", b"\r\n")
    return raw + b"\n" if has_end else raw


def _body(message: Message) -> Iterator[bytes]:
    start, end = message.body, min(len(message.octets), message.body + limits.GREP_OCTETS)
    while start < end:
        piece = message.octets.slice(start, min(start + limits.REGEX_SUBJECT, end))
        start += len(piece)
        yield piece.replace(b"\r\n", b"\n")


def size(scene: Scene, area: str) -> int:
    """How many octets the area has."""
    if area.startswith("$"):
        return len(scene.value(area[1:]).encode("utf-8", "surrogateescape"))
    message = scene.message
    body = len(message.octets) - message.body
    whole = message.size + len(scene.envelope.postmark(message.newline))
    return body if area == "body" else whole if area == "both" else whole - body


def windows(scene: Scene, area: str) -> Iterator[str]:
    """The area as texts to be searched, with EDGE where it begins and ends."""
    rest = EDGE
    for piece in pieces(scene, area):
        rest += piece.decode("latin-1")
        while len(rest) > limits.REGEX_SUBJECT:
            yield rest[: limits.REGEX_SUBJECT]
            rest = rest[limits.REGEX_SUBJECT - OVERLAP :]
    yield rest + EDGE
