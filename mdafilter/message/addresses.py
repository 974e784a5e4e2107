"""Addresses in header fields (RFC 5322 section 3.4, with the obsolete forms of 4.4, and RFC 6532 UTF-8).

parse('Ann "the boss" <ann@a.example>, list: bob@b.example (Bob), @r.example:c@d.example;') gives three Addresses:
groups are flattened, routes and comments left out, quotes and backslashes resolved, display names decoded (RFC 2047).

In:    the value of a field before its encoded words are decoded (Field.value): decoded text may hold new commas
Out:   tuple of Address, at most limits.ADDRESSES
Fails: never. An item that is no address is an Address with valid=False and its raw text, so that a rule can still
       see it (RFC 5228 section 5.1: what is no address can only be compared as a whole).

The work is linear: the text is cut into items in one walk, and each item is walked a fixed number of times.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message import encoded
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = " \t\r\n"
_SPECIALS = frozenset('()<>[]:;@\\,"' + "".join(map(chr, range(33))) + "\x7f")


class Address(Value):
    """One address. `text` is "local@domain", quoted again where it must be; local and domain have no quotes."""

    name: str
    local: str
    domain: str
    text: str
    valid: bool = True


def parse(value: str) -> tuple[Address, ...]:
    """The addresses of a field's value."""
    found: list[Address] = []
    for item in _items(value):
        text = item.strip(_BLANKS)
        if text:  # RFC 5322, 4.4: empty elements of a list are allowed
            found.append(_address(text))
            if len(found) >= limits.ADDRESSES:
                break
    return tuple(found)


def _items(value: str) -> Iterator[str]:
    """The text between the commas (and group marks) that are not in quotes, comments, angles or literals."""
    walk = _Walk()
    pieces = value.split(",", limits.ADDRESSES)
    for piece in pieces[: limits.ADDRESSES]:
        if walk.idle and not _is_tricky(piece):
            yield piece
            continue
        yield from walk.over(piece)
    yield from walk.rest()


def _is_tricky(piece: str) -> bool:
    return (
        '"' in piece
        or "(" in piece
        or "[" in piece
        or ":" in piece
        or ";" in piece
        or "\\" in piece
        or ("<" in piece and ">" not in piece)
    )


class _Walk:
    """The walk through pieces between commas; a piece whose end lies in quotes or the like goes on in the next."""

    def __init__(self) -> None:
        self.pending: list[str] = []
        self.inside = ""  # '"', "[", "<" or ""
        self.depth = 0  # of comments
        self.idle = True

    def over(self, piece: str) -> Iterator[str]:
        """Walks a piece; yields the items that end in it."""
        start, escaped = 0, False
        inside, depth = self.inside, self.depth
        for at, c in enumerate(piece):
            if escaped:
                escaped = False
            elif c == "\\":
                escaped = True
            elif depth:
                depth += (c == "(") - (c == ")")
            elif inside == '"' or inside == '<"':
                if c == '"':
                    inside = inside[:-1]
            elif c == '"':
                inside = '<"' if inside == "<" else '"'
            elif c == "(":
                depth = 1
            elif inside:
                if (inside == "[" and c == "]") or (inside == "<" and c == ">"):
                    inside = ""
            elif c == "[" or c == "<":
                inside = c
            elif c == ":":  # what was before it names a group
                self.pending, start = [], at + 1
            elif c == ";":
                if at > start or self.pending:
                    yield self._taken(piece[start:at])
                start = at + 1
        self.inside, self.depth = inside, depth
        self.idle = not inside and not depth
        if self.idle:
            yield self._taken(piece[start:])
        else:
            self.pending.append(piece[start:])

    def _taken(self, last: str) -> str:
        item = ",".join([*self.pending, last])
        self.pending = []
        return item

    def rest(self) -> Iterator[str]:
        """What never ended: each piece is an item, so that one wrong quote hides no address behind it."""
        yield from self.pending


def _address(text: str) -> Address:
    plain, comment = _without_comments(text) if "(" in text else (text, "")
    angle = _outside_quotes(plain, "<")
    name = ""
    spec = plain.strip(_BLANKS)
    if angle >= 0:
        name = _phrase(plain[:angle])
        spec, closed, after = plain[angle + 1 :].rpartition(">")
        if not closed:
            spec, after = after, ""
        if after.strip(_BLANKS):
            return Address(name, "", "", text, False)
        spec = spec.strip(_BLANKS)
        if not spec:
            return Address(name, "", "", "")
        if spec.startswith("@"):  # a route (RFC 5322, 4.4 obs-route): not for anyone's use
            spec = spec.partition(":")[2]
    at = spec.rfind("@")
    local = _local(spec[:at]) if at > 0 else None
    domain = _domain(spec[at + 1 :]) if at > 0 else None
    if local is None or domain is None:
        return Address(name, "", "", text, False)
    return Address(name or encoded.decode(comment), local, domain, f"{_spelled(local)}@{domain}")


def _without_comments(text: str) -> tuple[str, str]:
    """The text without its comments, and the text of the last comment (people put a name there)."""
    out: list[str] = []
    start, depth, quoted, escaped = 0, 0, False, False
    comment = ""
    for at, c in enumerate(text):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif depth:
            if c == "(":
                depth += 1
            elif c == ")":
                depth -= 1
                if not depth:
                    comment = text[start:at]
                    start = at + 1
        elif c == '"':
            quoted = not quoted
        elif c == "(" and not quoted:
            out.append(text[start:at])
            depth, start = 1, at + 1
    if depth:  # never closed: no comment then
        out.append("(")
    out.append(text[start:])
    return " ".join(out), _unescaped(comment).strip(_BLANKS)


def _outside_quotes(text: str, wanted: str) -> int:
    """The first place of `wanted` that is not in a quoted string, or -1."""
    if '"' not in text:
        return text.find(wanted)
    quoted = escaped = False
    for at, c in enumerate(text):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == '"':
            quoted = not quoted
        elif c == wanted and not quoted:
            return at
    return -1


def _phrase(text: str) -> str:
    """A display name: quotes resolved, white space collapsed, encoded words decoded."""
    if '"' in text or "\\" in text:
        text = _unescaped(text.replace('\\"', "\0")).replace('"', "").replace("\0", '"')
    return encoded.decode(" ".join(text.split()))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return "\\".join(piece.replace("\\", "") for piece in text.split("\\\\"))


def _local(text: str) -> str | None:
    """The local part without quotes, or None: words between dots, each an atom or a quoted string (obs-local-part)."""
    text = text.strip(_BLANKS)
    if '"' not in text:
        local = _dotted(text)
        return None if not local or not _SPECIALS.isdisjoint(local) else local
    out: list[str] = []
    pieces = _quoted_pieces(text)
    if pieces is None:
        return None
    for quoted, piece in pieces:
        if not quoted:
            piece = _dotted(piece.strip(_BLANKS))
            if not _SPECIALS.isdisjoint(piece):
                return None
        out.append(piece)
    return "".join(out)


def _quoted_pieces(text: str) -> list[tuple[bool, str]] | None:
    """The text as (quoted, piece); None where a quote is not closed."""
    pieces: list[tuple[bool, str]] = []
    start, quoted, escaped = 0, False, False
    for at, c in enumerate(text):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == '"':
            piece = text[start:at]
            pieces.append((quoted, _unescaped(piece) if quoted else piece))
            quoted, start = not quoted, at + 1
    if quoted:
        return None
    pieces.append((False, text[start:]))
    return pieces


def _dotted(text: str) -> str:
    """White space around the dots is allowed (RFC 5322, 4.4) and means nothing."""
    if " " not in text and "\t" not in text and "\n" not in text:
        return text
    return ".".join(word.strip(_BLANKS) for word in text.split("."))


def _domain(text: str) -> str | None:
    text = text.strip(_BLANKS)
    if text.startswith("["):  # a domain literal (RFC 5322, 3.4.1)
        inner = text[1:-1]
        return text if text.endswith("]") and len(text) > 2 and "[" not in inner and "]" not in inner else None
    domain = _dotted(text)
    return None if not domain or not _SPECIALS.isdisjoint(domain) else domain


def _spelled(local: str) -> str:
    """The local part as it must be written in an address."""
    if local and _SPECIALS.isdisjoint(local):
        return local
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
