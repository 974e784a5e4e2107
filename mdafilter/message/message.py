"""A message: its octets as they came, an index of its header, and the MIME tree when it is asked for.

Messages are immutable. A change of the header makes another Message over the same octets; what is delivered is that
header and then the rest of the octets as they came, so the body, and the header too while nobody changes it, go
through byte for byte. Nothing here raises on any octets (RFC 5322, RFC 2045, however broken).

In:    Message.parse(octets)
Out:   pieces() and write_to(fd)
Fails: OSError of reading and writing, only.
"""

from __future__ import annotations

import errno
import os

from mdafilter import limits
from mdafilter.message import headers as header_block
from mdafilter.message.headers import Defect, Headers
from mdafilter.message.octets import Held, Octets
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.message.field import Field
    from mdafilter.message.parts import Part

# copy_file_range(2) works within one file system, sendfile(2) between files; where neither does, the octets go through
# our own memory.
_NO_COPY = frozenset(
    (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM, errno.EISDIR, errno.ETXTBSY)
)


class Span(Value):
    """The octets from `start` to `end` of the message's `octets`, to be written as they are."""

    start: int
    end: int


class Message:
    """A message; see the contract of each attribute beside it. Made by `parse`, changed by `with_headers`, `on_top`."""

    __slots__ = ("_changed", "_found", "_header_end", "_tree", "body", "headers", "newline", "octets")

    def __init__(
        self, octets: Octets, headers: Headers, header_end: int, body: int, newline: bytes, found: tuple[Defect, ...]
    ) -> None:
        self.octets = octets
        self.headers = headers
        self.body = body  # where the body begins in the octets
        self.newline = newline  # of the first line: b"\n" or b"\r\n"
        self._header_end = header_end  # what is behind it is written as it came: the empty line and the body
        self._found = found
        self._changed = False
        self._tree: tuple[tuple[Part, ...], tuple[Defect, ...]] | None = None

    @classmethod
    def parse(cls, octets: Octets | bytes) -> Message:
        """Reads the header. `octets` begin with the header: a "From " line of mbox is the caller's to skip."""
        if isinstance(octets, bytes):
            octets = Octets.of(octets)
        size = len(octets)
        fields_end, body = header_block.end_of_header(octets, 0, size)
        headers, indexed, found = header_block.read(octets, 0, fields_end)
        if fields_end == body == size and size:
            found = (*found, Defect("no-body", "the header has no end"))
        first = octets.find(b"\n", 0, size)
        newline = b"\r\n" if first > 0 and octets.slice(first - 1, first) == b"\r" else b"\n"
        return cls(octets, headers, indexed, body, newline, found)

    def __repr__(self) -> str:
        return f"<Message: {len(self.headers)} fields, {self.size} octets>"

    @property
    def size(self) -> int:
        """How many octets `write_to` writes."""
        if not self._changed:
            return len(self.octets)
        return sum(len(p) if isinstance(p, bytes) else p.end - p.start for p in self.pieces())

    @property
    def parts(self) -> tuple[Part, ...]:
        """All MIME parts in the order in which they begin; the first one is the message itself."""
        return self._parsed()[0]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with the message: its header, and its MIME structure."""
        return tuple(dict.fromkeys(self._found + self._parsed()[1]))

    def part(self, path: str) -> Part | None:
        """The part at this place (Part.path), or None."""
        part = self.parts[0]
        for number in path.split(".") if path else ():
            if int(number) > len(part.children):
                return None
            part = part.children[int(number) - 1]
        return part

    def forget_parts(self) -> None:
        """They are looked for again when asked for. Parts hold each other, and so the file, beyond what needs them."""
        for part in self._tree[0] if self._tree else ():
            part.children = ()
            if part.parent is not None:  # the root of the message before it got another header
                part.parent.children = ()
        self._tree = None

    def _parsed(self) -> tuple[tuple[Part, ...], tuple[Defect, ...]]:
        if self._tree is None:
            from mdafilter.message import walk

            self._tree = walk.walk(self.octets, self.headers, self.body)
        return self._tree

    def with_headers(self, headers: Headers) -> Message:
        """The same body under another header."""
        other = Message(self.octets, headers, self._header_end, self.body, self.newline, self._found)
        other._changed = True
        if self._tree is not None and _mime(headers) == _mime(self.headers):
            root = self._tree[0][0].with_headers(headers)
            other._tree = ((root, *self._tree[0][1:]), self._tree[1])
        return other

    def on_top(self, *fields: Field) -> Message:
        """With these fields, in this order, before all others."""
        return self.with_headers(Headers((*fields, *self.headers)))

    def pieces(self) -> Iterator[bytes | Span]:
        """What is to be written, in order."""
        size = len(self.octets)
        if not self._changed:
            if size:
                yield Span(0, size)
            return
        raw = self.headers.raw()
        if raw:
            yield raw
        if raw and not raw.endswith(b"\n") and self._header_end < size:
            yield self.newline
        if self._header_end < size:
            yield Span(self._header_end, size)

    @property
    def mark(self) -> tuple[int, bytes, bytes]:
        """Tells one message from another: its size, its header, and the end of its body."""
        return self.size, self.headers.raw(), self.octets.slice(len(self.octets) - 4096, len(self.octets))

    @property
    def nameless(self) -> int | None:
        """The descriptor of a file of ours, without a name, that holds just what `write_to` writes; or None."""
        return self.octets.fd if self.octets.nameless and not self._changed else None

    def write_to(self, fd: int) -> int:
        """Writes the message at the descriptor's position; returns how many octets that were. Raises OSError."""
        written = 0
        for piece in self.pieces():
            if isinstance(piece, bytes):
                written += write(fd, piece)
            else:
                written += copy(self.octets, piece, fd)
        return written


class Piece:
    """The "header" (with the empty line behind it) or the "body" of a message, "both" or "none", to be written alone.

    `before` and `after` are what stands around it: the From line of a mailbox and an empty line, say.
    """

    nameless = None

    def __init__(self, message: Message, area: str, before: bytes = b"", after: bytes = b"") -> None:
        self.message = message
        self.area = area
        self.before = before
        self.after = after

    def write_to(self, fd: int) -> int:
        """As Message.write_to."""
        return write(fd, self.before) + self._write_area(fd) + write(fd, self.after)

    def _write_area(self, fd: int) -> int:
        message = self.message
        match self.area:
            case "none":
                return 0
            case "both":
                return message.write_to(fd)
            case "body":
                return copy(message.octets, Span(message.body, len(message.octets)), fd)
        written = 0
        for piece in message.pieces():
            if isinstance(piece, bytes):
                written += write(fd, piece)
            else:
                written += copy(message.octets, Span(piece.start, max(piece.start, message.body)), fd)
        return written


def framed(message: Message, area: str, before: bytes = b"") -> Piece:
    """The area with this before it, and with an empty line at the end, where none is yet: as it stands in an mbox."""
    start = message.body if area == "body" else 0
    end = message.body if area == "header" else len(message.octets)
    is_ended = message.octets.slice(max(start, end - 4), end).endswith(message.newline * 2)
    return Piece(message, area, before, b"" if is_ended else message.newline)


def rebuilt(fill: Callable[[int], object]) -> Message:
    """The message that `fill` writes to a descriptor: in memory, or in a file without a name. Raises OSError."""
    file = Held.nameless()
    fill(file.fd)
    octets = Octets.map(file)
    return Message.parse(octets if len(octets) > limits.SPOOL_IN_MEMORY else octets.slice(0, len(octets)))


def _mime(headers: Headers) -> tuple[Field, ...]:
    """The fields that the MIME tree depends on."""
    return tuple(field for field in headers if not field.name or field.key.startswith("content-"))


def write(fd: int, data: bytes) -> int:
    """Writes all of it; returns how much that was."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    return len(data)


def _copy_file_range(source: int, fd: int, count: int, at: int) -> int:
    return os.copy_file_range(source, fd, count, at)


def _sendfile(source: int, fd: int, count: int, at: int) -> int:
    return os.sendfile(fd, source, at, count)


def _moved(move: Callable[[int, int, int, int], int], octets: Octets, position: int, end: int, fd: int) -> int:
    """How far this system call brings the octets from `position` on: to `end`, or not at all where it cannot."""
    assert octets.fd is not None
    while position < end:
        try:
            done = move(octets.fd, fd, end - position, octets.offset + position)
        except OSError as error:
            if error.errno not in _NO_COPY:
                raise
            break
        if not done:  # some file systems say so where they cannot; reading tells whether the file ended
            break
        position += done
    return position


def copy(octets: Octets, span: Span, fd: int) -> int:
    """Copies a span to the descriptor, by the kernel where that is possible (both are files), else by windows."""
    position = span.start
    if octets.fd is not None:
        for move in (_copy_file_range, _sendfile):
            position = _moved(move, octets, position, span.end, fd)
    for chunk in octets.chunks(position, span.end):
        write(fd, chunk)
    return span.end - span.start
