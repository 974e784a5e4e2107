"""The walk that finds the MIME parts of a message (RFC 2046 section 5), in one pass and without recursion.

walk(octets, headers, body) -> all Parts in the order in which they begin, and the Defects of the structure

The open parts stand on a stack. A line that begins with "--" is compared, as a whole, with the boundaries of all open
multiparts: an outer one ends all that is inside (RFC 2046 5.1.2). What mail programs do not agree on is read so that
no part stays hidden:

    * several readings of a boundary (two Content-Type fields, quotes that do not end): a line of any of them counts
    * no boundary, or one that never comes: the first line that begins with "--" is taken for it
    * a part behind the closing line of its multipart counts (part-after-close)
    * an encoded message/rfc822 or multipart, which RFC 2046 forbids and some programs read: decoded and walked too
    * a multipart whose lines end with a lone CR: as if they ended with LF

Past limits.MIME_DEPTH, MIME_PARTS, HEADER_OCTETS (of all parts together) and PART_DECODE (all decoded octets together)
there is a defect instead of parts.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message import headers as header_block
from mdafilter.message import parameters, transfer
from mdafilter.message.headers import Defect
from mdafilter.message.octets import Octets
from mdafilter.message.parts import Part
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message.field import Field
    from mdafilter.message.headers import Headers

    Found = tuple[int, int, int, bool]  # where the line begins (its LF before it), the next line, level, closing

_SINGLE = frozenset(("content-type", "content-disposition", "content-transfer-encoding"))
_LONG_FIELD = 1024  # octets of a field past which its parameters are counted
_AGAIN = 8  # how often the octets of a message may be walked again, all in all, for boundaries that never come
_GUESSES = 8  # lines that are looked at for a boundary that nobody stated


def walk(octets: Octets, headers: Headers, body: int) -> tuple[tuple[Part, ...], tuple[Defect, ...]]:
    """The parts in the order in which they begin, and what is wrong with them, each defect once."""
    tree = _Tree(len(octets))
    root = Part(octets, headers, None, 0, body, len(octets))
    _Walk(tree, octets).run(root, body)
    while tree.encoded:
        part = tree.encoded.pop()
        inner = tree.decode(part)
        if inner is not None:
            end = part.end
            _Walk(tree, inner).run(part, 0)
            part.end = end
    return tuple(_preorder(root)), tuple(Defect(name, text) for name, text in tree.defects.items())


def _preorder(root: Part) -> Iterator[Part]:
    stack = [root]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(reversed(part.children))


class _Tree:
    """What the walks through the octets of a message and through those decoded from it share."""

    def __init__(self, size: int) -> None:
        self.defects: dict[str, str] = {}
        self.encoded: list[Part] = []  # parts that must be decoded to be walked
        self.parts = 1
        self.full = False
        self.octets_left = limits.PART_DECODE
        self.header_left = limits.HEADER_OCTETS  # of all parts together: headers stay in memory
        self.again_left = _AGAIN * size  # octets that may be walked a second time

    def defect(self, name: str, text: str, part: Part) -> None:
        """Notes a defect; only the first of a name, so that there are few."""
        if name not in self.defects:
            self.defects[name] = f"part {part.path}: {text}" if part.parent else text

    def look_at(self, part: Part) -> None:
        """Notes what is wrong with the fields that say what a part is and what it is called."""
        if part.type == "message/partial":
            self.defect("partial-message", "a fragment of a message (RFC 2046, 5.2.2), which hides what is in it", part)
        seen: set[str] = set()
        for field in part.headers:
            key = field.name.lower()
            if key in _SINGLE:
                if key in seen:
                    self.defect(f"duplicate-{key}", f"more than one {field.name}", part)
                seen.add(key)
                if len(field.raw) > _LONG_FIELD:
                    self.look_closer(part, field)

    def look_closer(self, part: Part, field: Field) -> None:
        """Notes what a long field has too much of."""
        if parameters.of(field).cut:
            self.defect("too-many-parameters", "more parameters than are looked at", part)
        if len(part.readings()) >= limits.NAME_READINGS:
            self.defect("too-many-names", f"{limits.NAME_READINGS} readings of its name, or more", part)

    def decode(self, part: Part) -> Octets | None:
        """The decoded body of a part, within what may be decoded in all."""
        if part.encoding == "base64" and transfer.is_bad_base64(part.octets, part.body, part.end):
            self.defect("bad-base64", "octets that are no base64", part)
        data = transfer.decode(part.octets, part.body, part.end, part.encoding, self.octets_left)
        self.octets_left -= len(data)
        if self.octets_left <= 0:
            self.defect("decode-limit", f"more than {limits.PART_DECODE} octets of encoded messages", part)
        if data and not part.is_enclosing:
            # a delimiter is looked for behind a line end; some programs take a lone CR for one
            data = b"\n" + data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return Octets.of(data) if data else None


class _Open:
    """A part whose end has not come yet. `boundaries` is () where it is no multipart."""

    __slots__ = ("boundaries", "children", "closed", "guessed", "multipart", "part")

    def __init__(self, part: Part, multipart: bool, boundaries: tuple[bytes, ...]) -> None:
        self.part = part
        self.multipart = multipart
        self.boundaries = boundaries
        self.children: list[Part] = []
        self.closed = False
        self.guessed = False


class _Walk:
    """One pass through one run of octets."""

    def __init__(self, tree: _Tree, octets: Octets) -> None:
        self.tree = tree
        self.octets = octets
        self.size = len(octets)
        self.stack: list[_Open] = []
        self.levels: dict[bytes, list[int]] = {}  # boundary -> places on the stack
        self.needle = b""

    def run(self, part: Part, body: int) -> None:
        """Walks all octets from `body`, the body of `part`, on."""
        position = self.open(part, body)
        while True:
            found = self.delimiter(position)
            at, after, level, closing = found or (self.size, self.size, -1, False)
            again = self.close(level, at)
            if again >= 0:
                position = again
            elif found is None:
                return
            else:
                position = self.line(level, after, closing)

    def line(self, level: int, after: int, closing: bool) -> int:
        """A delimiter line of the multipart at `level`: where to go on."""
        frame = self.stack[level]
        if closing:
            frame.closed = True
            return after - 1
        if frame.closed:
            self.tree.defect("part-after-close", "a part behind the closing boundary", frame.part)
        child = self.child(frame, after)
        return self.open(child, child.body) if child else self.size

    def child(self, frame: _Open, start: int) -> Part | None:
        """The part that begins at `start`, or None past the number of parts."""
        if self.tree.parts >= limits.MIME_PARTS:
            self.tree.full = True
            self.tree.defect("too-many-parts", f"more than {limits.MIME_PARTS} parts", frame.part)
            return None
        self.tree.parts += 1
        fields_end, body = header_block.end_of_header(
            self.octets, start, self.size, self.match if self.levels else None
        )
        headers, upto, defects = header_block.read(self.octets, start, fields_end, self.tree.header_left)
        self.tree.header_left -= upto - start
        part = Part(self.octets, headers, frame.part, start, body, self.size)
        frame.children.append(part)
        part._index = len(frame.children)
        for defect in defects:
            self.tree.defect(defect.name, defect.text, part)
        return part

    def open(self, part: Part | None, body: int) -> int:
        """Puts a part on the stack, and the parts that begin where its body begins; returns where to go on."""
        while part is not None:
            self.tree.look_at(part)
            multipart = part.type.startswith("multipart/")
            boundaries = part.boundaries() if multipart or len(part.headers.all("content-type")) > 1 else ()
            multipart = multipart or bool(boundaries)
            enclosing = not multipart and part.is_enclosing
            if part.depth >= limits.MIME_DEPTH and (multipart or enclosing):
                self.tree.defect("too-deep", f"parts more than {limits.MIME_DEPTH} deep", part)
                multipart, enclosing, boundaries = False, False, ()
            frame = _Open(part, multipart, boundaries)
            if multipart and not boundaries:
                self.tree.defect("no-boundary", "a multipart without boundary", part)
                frame.guessed = True
                frame.boundaries = self.guess(body, self.size)
            self.push(frame)
            if not enclosing:
                break
            if part.octets is self.octets and part.encoding in transfer.ENCODED:
                self.tree.encoded.append(part)
                break
            part = self.child(frame, body)
            body = part.body if part else body
        return max(0, body - 1)  # the LF before the body may be the one before a delimiter

    def push(self, frame: _Open) -> None:
        for boundary in frame.boundaries:
            self.levels.setdefault(boundary, []).append(len(self.stack))
        self.stack.append(frame)
        if frame.boundaries:
            self.aim()

    def pop(self) -> None:
        frame = self.stack.pop()
        for boundary in frame.boundaries:
            self.levels[boundary].pop()
            if not self.levels[boundary]:
                del self.levels[boundary]
        if frame.boundaries:
            self.aim()

    def aim(self) -> None:
        """What is searched for: LF, two dashes and what all boundaries have in common at their beginning."""
        if not self.levels:
            return
        low, high = min(self.levels), max(self.levels)
        common = 0
        while common < min(len(low), len(high)) and low[common] == high[common]:
            common += 1
        self.needle = b"\n--" + low[:common]

    def close(self, level: int, at: int) -> int:
        """Ends all parts above `level` at `at`; or returns where to go on with a boundary that was guessed, else -1."""
        end = at
        if at < self.size and at > 0 and self.octets.slice(at - 1, at) == b"\r":
            end = at - 1  # the line end before a delimiter belongs to it (RFC 2046 5.1.1)
        while len(self.stack) - 1 > level:
            frame = self.stack[-1]
            part = frame.part
            body = part.body if part.octets is self.octets else 0
            if frame.multipart and not frame.children:
                self.pop()
                if not frame.guessed and self.tree.again_left >= at - body:
                    self.tree.again_left -= at - body
                    guess = self.guess(body, at)
                    if guess:
                        frame.guessed, frame.closed, frame.boundaries = True, False, guess
                        self.push(frame)
                        return max(0, body - 1)
                self.push(frame)
                self.childless(frame)
            elif frame.multipart and not frame.closed:
                self.tree.defect("missing-close", "a multipart without closing boundary", part)
            part.end = max(body, end)
            part.children = tuple(frame.children)
            self.pop()
        return -1

    def childless(self, frame: _Open) -> None:
        """A multipart in which no part was found."""
        part = frame.part
        self.tree.defect("boundary-not-found", "a multipart in which its boundary does not stand", part)
        encoded = part.encoding in transfer.ENCODED or self.octets.find(b"\r--", part.body, part.end) >= 0
        if part.octets is self.octets and encoded:
            self.tree.encoded.append(part)

    def guess(self, start: int, end: int) -> tuple[bytes, ...]:
        """What would be the boundary, going by the first lines that begin with "--"; () where there is none."""
        at = max(0, start - 1)
        for _ in range(_GUESSES):
            at = self.octets.find(b"\n--", at, end)
            if at < 0:
                break
            line = self.octets.slice(at + 3, min(end, at + 3 + limits.MIME_LINE)).partition(b"\n")[0].rstrip(b" \t\r")
            if self.match(line):
                break  # what is around it goes on here
            if line.strip(b"-") and b"\r" not in line and len(line) < limits.MIME_LINE - 4:
                return (line,)
            at += 3
        return ()

    def delimiter(self, position: int) -> Found | None:
        """The first delimiter line of an open multipart at or after `position`, which may be its LF."""
        if not self.levels or self.tree.full:
            return None
        needle, size = self.needle, self.size
        while position < size:
            base, data = self.octets.window(position)
            last = base + len(data) >= size
            stop = len(data) if last else limits.WINDOW + len(needle) - 1
            at = data.find(needle, position - base, stop)
            while at >= 0:
                line_end = data.find(b"\n", at + 1, at + 1 + limits.MIME_LINE)
                whole = line_end if line_end >= 0 else min(len(data), at + 1 + limits.MIME_LINE)
                found = self.find(data[at + 3 : whole])
                if found and (line_end >= 0 or (last and whole == len(data))):
                    return base + at, base + (line_end + 1 if line_end >= 0 else len(data)), found[0], found[1]
                at = data.find(needle, at + 1 if line_end < 0 else line_end, stop)
            if last:
                break
            position = base + limits.WINDOW
        return None

    def match(self, line: bytes) -> bool:
        """Whether this line (without its two dashes) is a delimiter of an open multipart."""
        return self.find(line) is not None

    def find(self, line: bytes) -> tuple[int, bool] | None:
        """The level of the innermost multipart whose delimiter this line is, and whether it closes it."""
        line = line.rstrip(b" \t\r")
        closing = False
        places = self.levels.get(line)
        if places is None:
            if not line.endswith(b"--"):
                return None
            closing = True
            places = self.levels.get(line[:-2])
            if places is None:
                return None
        for level in reversed(places):
            if not self.stack[level].closed:
                return level, closing
        return None if closing else (places[-1], closing)
