"""A message line by line, as Postfix' header_checks(5) and body_checks look at it, and edits of such lines.

    header   a field of the message's own header that is no MIME field; folded as it is, a line end is "\\n"
    mime     a MIME field of any header, and every field of a part's header
    nested   a field of the header of an attached message that is no MIME field
    body     one line of everything else, multipart boundaries too. Of each part the lines that begin in the first
             `limit` octets (postconf(5), body_checks_size_limit). Empty lines are passed over (header_checks(5), BUGS)

What belongs to which is read as cleanup(8) reads it, and not as parts.py does, which leaves no part hidden: a line that
is no field ends a header, whatever begins with a boundary is a delimiter, and nothing is decoded, so that what stands
in an encoded message/rfc822 is body. A line is cut as there: a body line of more than limits.TABLE_LINE octets comes in
pieces, and a field is looked at up to limits.TABLE_FIELD octets and the line in which those end.

A text has one character for each octet, with no CR before a line end and no blank before the colon of a field.

In:    a Message. Out: Lines in their order; `edited` makes a message with some of them replaced.
Fails: OSError of reading a spooled message, or of writing the edited one. Linear in the message.
Bugs:  for Postfix a NUL ends the line; here what is behind it is looked at too.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.message import contenttype
from mdafilter.message.field import Field, is_name
from mdafilter.message.headers import read
from mdafilter.message.message import Message, rebuilt
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

# Postfix' list of them (header_opts.c)
MIME_FIELDS = frozenset(
    "mime-version content-description content-disposition content-id content-transfer-encoding content-type".split()
)
KINDS = ("header", "mime", "nested", "body")


class Line(Value):
    """One logical line. `start` and `end` are its place in the message as it is written, line end included."""

    kind: str
    text: str
    start: int
    end: int
    newline: bytes  # its own: b"" where the message ends, or where a long line goes on
    field: Field | None = None


class Edit(Value):
    """Octets that take the place of those from start to end."""

    start: int
    end: int
    octets: bytes


def lines(message: Message, kinds: Collection[str], limit: int = limits.BODY_CHECKS_OCTETS) -> Iterator[Line]:
    """The lines of these kinds, in the order in which they stand."""
    return _Reader(_Written(message), frozenset(kinds), limit).lines()


def edited(message: Message, edits: Sequence[Edit]) -> Message:
    """The message with these edits, which are in order and do not overlap."""
    if not edits:
        return message
    written = _Written(message)
    if edits[-1].end <= len(written.head):
        head = b"".join(_spliced(written, edits, len(written.head)))
        headers, _, _ = read(Octets.of(head), 0, len(head))
        if headers.raw() == head:  # else it has more than what is indexed, and that must not be lost
            return message.with_headers(headers)

    def write(fd: int) -> None:
        with os.fdopen(fd, "wb", closefd=False) as file:
            file.writelines(_spliced(written, edits, written.size))

    return rebuilt(write)


def _spliced(written: _Written, edits: Sequence[Edit], size: int) -> Iterator[bytes]:
    at = 0
    for edit in edits:
        yield from written.chunks(at, edit.start)
        yield edit.octets
        at = edit.end
    yield from written.chunks(at, size)


class _Written:
    """The octets of a message as they are written, the header that rules have changed before the rest."""

    def __init__(self, message: Message) -> None:
        pieces = list(message.pieces())
        rest = [piece.start for piece in pieces if not isinstance(piece, bytes)]
        self.octets = message.octets
        self.head = b"".join(piece for piece in pieces if isinstance(piece, bytes))
        self.skipped = rest[0] if rest else len(self.octets)  # octets of the message in whose place the head stands
        if rest == [0]:  # it is as it came
            self.head = message.headers.raw()
            self.skipped = len(self.head)
        self.size = len(self.head) + len(self.octets) - self.skipped

    def slice(self, start: int, end: int) -> bytes:
        """The octets from start to end."""
        edge, moved = len(self.head), self.skipped - len(self.head)
        if start >= edge:
            return self.octets.slice(start + moved, end + moved)
        return self.head[start:end] + (self.octets.slice(self.skipped, end + moved) if end > edge else b"")

    def find(self, needle: bytes, at: int) -> int:
        """Where the needle stands from `at` on, or -1. The header ends with a line end, and none is found across it."""
        edge = len(self.head)
        found = self.head.find(needle, at) if at < edge else -1
        if found < 0:
            found = self.octets.find(needle, max(at, edge) - edge + self.skipped, len(self.octets))
            found += edge - self.skipped if found >= 0 else 0
        return found

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """The octets from start to end, as much at a time as may be in memory."""
        edge = len(self.head)
        if start < edge:
            yield self.head[start:end]
        yield from self.octets.chunks(max(start, edge) - edge + self.skipped, end - edge + self.skipped)


class _Reader:
    """One pass through a message. Its parts say what Postfix' mime_state(3) does."""

    def __init__(self, written: _Written, kinds: frozenset[str], limit: int) -> None:
        self.written = written
        self.kinds = kinds
        self.limit = limit if "body" in kinds else 0
        self.offset = 0  # in the body of the part; an empty line that ends its header counts
        self.open: list[tuple[bytes, str]] = []  # the boundaries that may come, and the type of parts behind each

    def lines(self) -> Iterator[Line]:
        """All lines."""
        at, kind, default = 0, "header", ""
        while at < self.written.size:
            at, blank, type_ = yield from self._header(at, kind, default)
            if kind == "header" and self.kinds == {"header"}:
                return  # the parts need not be found
            kind, default = "mime", ""
            self.offset += 1
            if blank:
                self.offset = 1
                if type_ in ("message/rfc822", "message/global"):
                    kind = "nested"
                    continue
            at, default = yield from self._body(at)

    def _header(self, at: int, kind: str, type_: str) -> Generator[Line, None, tuple[int, bool, str]]:
        """The fields from `at` on: then where the body begins, whether behind an empty line, and the type of it."""
        while at < self.written.size:
            stop, following = self._line(at)
            if stop == at:
                return following, True, type_
            first = self.written.slice(at, min(stop, at + limits.TABLE_LINE))
            label, colon, _ = first.partition(b":")
            name = label.rstrip(b" \t")
            if not colon or not is_name(name):
                return at, False, type_
            text, end = self._field(at, stop, following)
            text = name + text[len(label) :]
            key = name.decode("ascii").lower()
            if key == "content-type":
                said, boundaries = contenttype.read(text[len(name) + 1 :])
                type_ = type_ if said is None else said
                default = "message/rfc822" if type_ == "multipart/digest" else ""
                self.open += [(b, default) for b in boundaries][: max(0, limits.MIME_DEPTH + 1 - len(self.open))]
            kind_of_it = "mime" if key in MIME_FIELDS else kind
            if kind_of_it in self.kinds:
                raw = self.written.slice(at, min(end, at + limits.FIELD_DECODE))
                yield self._of(kind_of_it, text, at, end, Field(name.decode("ascii"), raw))
            at = end
        return at, False, type_

    def _field(self, at: int, stop: int, following: int) -> tuple[bytes, int]:
        """The text of a field whose first line is given, and where it ends."""
        text = bytearray()
        while True:
            while at < stop and len(text) < limits.TABLE_FIELD:
                upto = min(stop, at + limits.TABLE_LINE)
                text += self.written.slice(at, upto)
                at = upto
            if self.written.slice(following, following + 1) not in (b" ", b"\t"):
                return bytes(text), following
            at = following
            stop, following = self._line(at)
            if len(text) < limits.TABLE_FIELD:
                text += b"\n"

    def _body(self, at: int) -> Generator[Line, None, tuple[int, str]]:
        """The lines from `at` on up to a delimiter behind which another header stands; the type of what is there."""
        while at < self.written.size:
            if self.offset >= self.limit:  # only a delimiter matters now
                at = self._dashes(at) if self.open else self.written.size
            stop, following = self._line(at)
            found = self._delimiter(self.written.slice(at, min(stop, at + limits.TABLE_LINE)))
            if self.offset < self.limit:
                yield from self._pieces(at, stop, following)
            at = following
            if found is not None:
                return at, found
        return at, ""

    def _pieces(self, at: int, stop: int, following: int) -> Iterator[Line]:
        """A line of the body: whole, or cut where it is too long."""
        while True:
            upto = min(stop, at + limits.TABLE_LINE)
            last = upto < at + limits.TABLE_LINE or upto == following
            if at < upto and self.offset < self.limit:
                end = following if last else upto
                yield self._of("body", self.written.slice(at, upto), at, end)
            self.offset += upto - at + 1
            at = upto
            if last:
                return

    def _delimiter(self, line: bytes) -> str | None:
        """The type of the part that begins behind this line; None where none does. What ends here is forgotten."""
        if not line.startswith(b"--") or len(line) < 3:
            return None
        for level in reversed(range(len(self.open))):
            boundary, default = self.open[level]
            if line.startswith(boundary, 2):  # whatever is behind it
                closing = line.startswith(b"--", 2 + len(boundary))
                del self.open[level + (not closing) :]
                return None if closing else default
        return None

    def _dashes(self, at: int) -> int:
        """The next line from `at` on that begins with two dashes."""
        if self.written.slice(at, at + 2) == b"--":
            return at
        found = self.written.find(b"\n--", at)
        return found + 1 if found >= 0 else self.written.size

    def _line(self, at: int) -> tuple[int, int]:
        """Where the text of the line at `at` ends, and where the next line begins."""
        found = self.written.find(b"\n", at)
        if found < 0:
            return self.written.size, self.written.size
        cr = found > at and self.written.slice(found - 1, found) == b"\r"
        return found - cr, found + 1

    def _of(self, kind: str, text: bytes, start: int, end: int, field: Field | None = None) -> Line:
        last = self.written.slice(max(start, end - 2), end)
        newline = b"\r\n" if last == b"\r\n" else b"\n" if last.endswith(b"\n") else b""
        return Line(kind, text.decode("latin-1"), start, end, newline, field)
