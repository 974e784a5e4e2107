"""A message line by line, as Postfix' header_checks(5) and body_checks look at it, and edits of such lines.

    header   a field of the message's own header that is no MIME field; folded as it is, a line end is "\\n"
    mime     a MIME field of any header, and every field of a part's header
    nested   a field of the header of an attached message that is no MIME field
    body     one line of everything else, multipart boundaries too. Of each part the first `limit` octets
             (postconf(5), body_checks_size_limit). Empty lines are passed over, as header_checks(5) says.

Nothing is decoded: what stands in an encoded message/rfc822 is body.

In:    a Message. Out: Lines in their order; `edited` makes a message with some of them replaced.
Fails: OSError of reading a spooled message, or of writing the edited one.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.message.field import Field
from mdafilter.message.headers import Headers
from mdafilter.message.message import Message, Piece, rebuilt
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from mdafilter.message.parts import Part

# Postfix' list of them (header_opts.c)
MIME_FIELDS = frozenset(
    "mime-version content-description content-disposition content-id content-transfer-encoding content-type".split()
)
KINDS = ("header", "mime", "nested", "body")


class Line(Value):
    """One logical line. `index` is its place among the fields of the message's header; -1 for all other lines.

    `start` and `end` are its place in the octets of the message, with its line end.
    """

    kind: str
    raw: bytes
    start: int
    end: int
    index: int = -1
    field: Field | None = None

    @property
    def text(self) -> str:
        """Without the last line end; a CR before a line end is none of the text."""
        return self.raw.replace(b"\r\n", b"\n").removesuffix(b"\n").decode("utf-8", "surrogateescape")


class Edit(Value):
    """A line, and the octets that take its place, line end included."""

    line: Line
    octets: bytes


def lines(message: Message, kinds: Collection[str], limit: int = limits.BODY_CHECKS_OCTETS) -> Iterator[Line]:
    """The lines of these kinds, in the order in which they stand."""
    for index, field in enumerate(message.headers):
        kind = "mime" if field.key in MIME_FIELDS else "header"
        if kind in kinds:
            yield Line(kind, field.raw, 0, 0, index, field)
    if kinds == ("header",):  # the MIME parts need not be found
        return
    octets, segment, at = message.octets, message.body, message.body
    for part in sorted((p for p in message.parts[1:] if p.octets is octets), key=_start):
        if part.start < at:
            continue
        if "body" in kinds:
            yield from _body(octets, at, min(part.start, segment + limit))
        yield from _fields(part, kinds)
        segment = at = part.body
    if "body" in kinds:
        yield from _body(octets, at, min(len(octets), segment + limit))


def edited(message: Message, edits: Iterable[Edit]) -> Message:
    """The message with each edit in place of its line; edits are in the order of the lines, one for a line."""
    fields = list(message.headers)
    header: dict[int, bytes] = {}
    body: list[Edit] = []
    for edit in edits:
        if edit.line.index >= 0:
            header[edit.line.index] = edit.octets
        else:
            body.append(edit)
    if header:
        raws = [f for i, field in enumerate(fields) for f in (_parsed(header[i]) if i in header else (field,))]
        message = message.with_headers(Headers(raws))
    return _rewritten(message, body) if body else message


def _parsed(octets: bytes) -> tuple[Field, ...]:
    """The fields that an edit put in the place of one."""
    return tuple(Message.parse(octets).headers) if octets else ()


def _start(part: Part) -> int:
    return part.start


def _fields(part: Part, kinds: Collection[str]) -> Iterator[Line]:
    nested = part.parent is not None and part.parent.is_enclosing
    at = part.start
    for field in part.headers:
        end = at + len(field.raw)
        kind = "nested" if nested and field.key not in MIME_FIELDS else "mime"
        if kind in kinds:
            yield Line(kind, field.raw, at, end, -1, field)
        at = end


def _body(octets: Octets, start: int, end: int) -> Iterator[Line]:
    """The lines that begin in [start, end) and are not empty; the last one as far as `end`."""
    rest = b""
    for chunk in octets.chunks(start, end):
        *whole, rest = (rest + chunk).split(b"\n")
        for raw in whole:
            upto = start + len(raw) + 1
            if raw.strip(b"\r"):
                yield Line("body", raw + b"\n", start, upto)
            start = upto
    if rest.strip(b"\r"):
        yield Line("body", rest, start, start + len(rest))


def _rewritten(message: Message, edits: list[Edit]) -> Message:
    """The message written anew, with what is edited behind its header."""

    def write(fd: int) -> None:
        Piece(message, "header").write_to(fd)
        with os.fdopen(fd, "wb", closefd=False) as file:
            at = message.body
            for edit in edits:
                file.writelines(message.octets.chunks(at, edit.line.start))
                file.write(edit.octets)
                at = edit.line.end
            file.writelines(message.octets.chunks(at, len(message.octets)))

    return rebuilt(write)
