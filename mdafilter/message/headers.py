"""The header of a message or part: an immutable sequence of fields, and the scan that finds them.

A header ends at the first empty line. Lines end with LF or CRLF; a lone CR ends nothing. A line that is neither a
field nor the continuation of one ("junk": RFC 5322 knows no such line) is kept as a Field without name, and the lines
behind it are still read as header: some mail programs do so, and what one of them shows must be seen here.

No octet is lost: Headers.raw() is what was read.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.field import Field, is_name
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.message.octets import Octets

_FEW = 6  # fields that are looked through faster than an index is made
_FIRST_LOOK = 4096  # octets of a header that are looked at first; most end there


class Defect(Value):
    """Something that is wrong with a message. `name` is for rules, `text` for people. Each name comes once.

    Of a header:     junk-in-header lone-cr mixed-newlines nul-in-header no-body duplicate-content-type
                     duplicate-content-disposition duplicate-content-transfer-encoding
    Of MIME:         no-boundary boundary-not-found missing-close part-after-close bad-base64 partial-message
    Past a limit:    header-too-long too-deep too-many-parts too-many-parameters too-many-names decode-limit
    """

    name: str
    text: str


class Headers:
    """The fields of a header, in order."""

    __slots__ = ("_fields", "_index")

    def __init__(self, fields: Iterable[Field] = ()) -> None:
        self._fields = tuple(fields)
        self._index: dict[str, tuple[Field, ...]] | None = None

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    def __getitem__(self, index: int) -> Field:
        return self._fields[index]

    def __eq__(self, other: object) -> bool:
        return self._fields == other._fields if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"<Headers: {len(self._fields)} fields>"

    def all(self, name: str) -> tuple[Field, ...]:
        """The fields of this name (in any case), in order."""
        if len(self._fields) <= _FEW:
            name = name.lower()
            return tuple([field for field in self._fields if field.name.lower() == name])
        if self._index is None:
            index: dict[str, list[Field]] = {}
            for field in self._fields:
                index.setdefault(field.key, []).append(field)
            self._index = {key: tuple(fields) for key, fields in index.items()}
        return self._index.get(name.lower(), ())

    def first(self, name: str) -> Field | None:
        """The first field of this name, or None."""
        found = self.all(name)
        return found[0] if found else None

    def add(self, field: Field, *, last: bool = False) -> Headers:
        """With one field more, before all others or behind them."""
        return Headers((*self._fields, field) if last else (field, *self._fields))

    def without(self, indices: Iterable[int]) -> Headers:
        """Without the fields at these indices (from 0)."""
        gone = frozenset(indices)
        return Headers(field for i, field in enumerate(self._fields) if i not in gone)

    def replaced(self, index: int, field: Field) -> Headers:
        """With another field at this index."""
        fields = list(self._fields)
        fields[index] = field
        return Headers(fields)

    def raw(self) -> bytes:
        """The octets of all fields. A last line that had no line end gets one where another field follows it."""
        raws = [field.raw for field in self._fields]
        for i, raw in enumerate(raws[:-1]):
            if not raw.endswith(b"\n"):
                raws[i] = raw + (b"\r\n" if raws[i + 1].endswith(b"\r\n") else b"\n")
        return b"".join(raws)


def end_of_header(
    octets: Octets, start: int, end: int, is_delimiter: Callable[[bytes], bool] | None = None
) -> tuple[int, int]:
    """Where the fields that begin at `start` end, and where the body begins.

    `is_delimiter` says of a line that begins with "--" whether it ends the part, header or not (RFC 2046, 5.1).
    """
    size = _FIRST_LOOK
    while True:
        block = octets.slice(start, min(end, start + size))
        stop, body = _blank_line(block)
        if is_delimiter:
            line = _delimiter_line(block, len(block) if stop < 0 else stop, is_delimiter, start + len(block) >= end)
            if line >= 0:
                return start + line, start + line
        if stop >= 0:
            return start + stop, start + body
        if start + size >= end:
            return end, end
        if size >= limits.HEADER_OCTETS:
            return _far_end(octets, start + size - 2, end)
        size *= 8


def _blank_line(block: bytes) -> tuple[int, int]:
    """Where the empty line of the block begins and ends; -1 where there is none."""
    if block[:1] == b"\n":
        return 0, 1
    if block[:2] == b"\r\n":
        return 0, 2
    bare = block.find(b"\n\n")
    full = block.find(b"\n\r\n", 0, len(block) if bare < 0 else bare + 1)
    if full >= 0:
        return full + 1, full + 3
    return (bare + 1, bare + 2) if bare >= 0 else (-1, -1)


def _delimiter_line(block: bytes, stop: int, is_delimiter: Callable[[bytes], bool], whole: bool) -> int:
    """Where the first delimiter line before `stop` begins, or -1. A line that is cut off counts only when `whole`."""
    at = 0 if block.startswith(b"--") else block.find(b"\n--", 0, stop) + 1 or -1
    while at >= 0:
        line_end = block.find(b"\n", at)
        if line_end < 0 and not whole:
            return -1
        if is_delimiter(block[at + 2 : len(block) if line_end < 0 else line_end]):
            return at
        at = block.find(b"\n--", at, stop) + 1 or -1
    return -1


def _far_end(octets: Octets, start: int, end: int) -> tuple[int, int]:
    """The end of a header that is longer than what is indexed."""
    bare = octets.find(b"\n\n", start, end)
    full = octets.find(b"\n\r\n", start, end if bare < 0 else bare + 1)
    if full >= 0:
        return full + 1, full + 3
    return (bare + 1, bare + 2) if bare >= 0 else (end, end)


def read(
    octets: Octets, start: int, end: int, limit: int = limits.HEADER_OCTETS
) -> tuple[Headers, int, tuple[Defect, ...]]:
    """The fields in [start, end), where the last of them ends, and what is wrong with them.

    Past `limit` octets or limits.HEADER_FIELDS the rest is left out, always at the end of a whole field.
    """
    block = octets.slice(start, min(end, start + limit))
    cut = end - start > len(block)
    fields: list[Field] = []
    position, size, junk = 0, len(block), 0
    find = block.find
    while position < size and len(fields) < limits.HEADER_FIELDS:
        upto = find(b"\n", position) + 1 or size
        while upto < size and block[upto] in b" \t":
            upto = find(b"\n", upto) + 1 or size
        if cut and upto == size:
            break
        raw = block[position:upto]
        name = raw[: max(0, raw.find(b":"))].rstrip(b" \t")
        if is_name(name):
            fields.append(Field(name.decode("ascii"), raw))
        else:
            fields.append(Field("", raw))
            junk += not (position == 0 and raw.startswith((b"From ", b">From ")))
        position = upto
    return Headers(fields), start + position, _defects(block, start + position < end, junk)


def _defects(block: bytes, cut: bool, junk: int) -> tuple[Defect, ...]:
    found = []
    if cut:
        found.append(Defect("header-too-long", "the header is longer than what is looked at"))
    if junk:
        found.append(Defect("junk-in-header", f"lines of the header that are no field: {junk}"))
    if b"\r" in block:  # in a Maildir there is none
        lines, full, returns = block.count(b"\n"), block.count(b"\r\n"), block.count(b"\r")
        if returns > full:
            found.append(Defect("lone-cr", "the header has a CR that ends no line"))
        if 0 < full < lines:
            found.append(Defect("mixed-newlines", "lines of the header end with LF, others with CRLF"))
    if b"\0" in block:
        found.append(Defect("nul-in-header", "the header has a NUL"))
    return tuple(found)
