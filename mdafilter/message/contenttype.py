"""What Postfix reads in a Content-Type: the type, and the boundaries that it announces (RFC 2045 section 5.1).

lines.py needs what cleanup(8) reads. parameters.py has all that any program could read.

    text  =  item *( ";" item )                    an item that ends the field and has nothing in it is none
    item  =  *( word / quoted / special )          comments and blanks between them are passed over

Of an item the first three count: `multipart / mixed`, `boundary = x`. Only a multipart has boundaries, but all of them.
A type that is no text, message or multipart leaves an earlier one in force, as the default in a multipart/digest is.

In:    the octets behind the colon, as they are folded. Out: type and boundaries. Fails: never. Linear.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Token = tuple[str, bytes]  # "word", "quoted" or "special", and its octets

BLANKS = b" \t\r\n"
SPECIALS = b'()<>@,;:\\"/[]?='


def read(text: bytes) -> tuple[str | None, tuple[bytes, ...]]:
    """The type in lower case, as far as it matters, and the boundaries. None: the type stays what it was before."""
    items = list(_items(text))
    first = items[0] if items else []
    names = [token.lower() if kind != "quoted" else b"" for kind, token in first]
    if not names or names[0] == b"text":
        return "", ()
    if names[0] not in (b"message", b"multipart"):
        return None, ()
    type_ = b"".join(names).decode("latin-1")
    return type_, tuple(_boundaries(items[1:])) if names[0] == b"multipart" else ()


def _boundaries(items: list[list[Token]]) -> Iterator[bytes]:
    for item in items:
        if len(item) == 3 and item[1] == ("special", b"="):
            (kind, name), _, (_, boundary) = item
            if kind == "word" and name.lower() == b"boundary":
                yield boundary[: limits.TABLE_BOUNDARY]


def _items(text: bytes) -> Iterator[list[Token]]:
    """The items, each with its first three tokens."""
    found: list[Token] = []
    at, size = 0, len(text)
    while at < size:
        c = text[at : at + 1]
        token: Token | None = None
        if c == b";":
            yield found
            found = []
            at += 1
        elif c in BLANKS:
            at += 1
        elif c == b"(":
            at = _comment(text, at)
        elif c == b'"':
            token, at = _quoted(text, at)
        elif c in SPECIALS or c < b" " or c == b"\x7f":
            token, at = ("special", c), at + 1
        else:
            token, at = _word(text, at)
        if token and len(found) < 3:
            found.append(token)
    if found:
        yield found


def _comment(text: bytes, at: int) -> int:
    """The place behind a comment; comments nest."""
    depth = 0
    while at < len(text):
        c = text[at : at + 1]
        at += 1 + (c == b"\\")
        depth += (c == b"(") - (c == b")")
        if not depth:
            break
    return at


def _quoted(text: bytes, at: int) -> tuple[Token, int]:
    """A quoted string without its quotes; where it was folded, the blanks before the line end go with that."""
    out = bytearray()
    at += 1
    while at < len(text):
        c = text[at : at + 1]
        at += 1
        if c == b'"':
            break
        if c == b"\n":
            while out and out[-1] in BLANKS:
                del out[-1]
            continue
        if c == b"\\":
            c = text[at : at + 1]
            at += 1
        out += c
    return ("quoted", bytes(out)), at


def _word(text: bytes, at: int) -> tuple[Token, int]:
    start = at
    while at < len(text) and text[at] > 32 and text[at] != 127 and text[at] not in SPECIALS:
        at += 1
    return ("word", text[start:at]), at
