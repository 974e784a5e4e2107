"""Parameters of Content-Type and Content-Disposition: `text/plain; name="a b"; charset=x` (RFC 2045 5.1, RFC 2231).

Mail programs read what is wrong in different ways, so a parameter here has readings: the one that the RFCs want comes
first, then those that some program would take. Text is octets, one character each (Latin-1), until a reading is asked
for; that keeps what has no charset.

In:    Parameters(body of the field)
Out:   .value, .get(name), .readings(name), .octets(name)
Fails: never. Past limits.PARAMETERS and limits.PARAMETER_PIECES the rest is not read, and `cut` is True.

    field     = value *( ";" attribute "=" raw )
    attribute = name [ "*" [ number ] [ "*" ] ]          RFC 2231, 3 and 4
    raw       = token / quoted-string                    or anything up to the next ";"
Comments may stand everywhere (RFC 822). The work is linear: one walk cuts the field at its semicolons.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.encoded import decode, raw_text, text_of
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message.field import Field

    Piece = tuple[int, bool, str]  # number, whether it is percent-encoded, text

_BLANKS = " \t\r\n"
_LONG = 1024  # octets


class Parameters:
    """The value and the parameters of one field."""

    __slots__ = ("_extended", "_pieces", "_plain", "cut", "value")

    def __init__(self, body: bytes) -> None:
        self._plain: dict[str, list[str]] = {}
        self._extended: dict[str, list[str]] = {}
        self._pieces: dict[str, list[Piece]] = {}
        segments, self.cut = _segments(body.decode("latin-1"))
        first = segments[0]
        self.value = without_comments(first).strip(_BLANKS).lower()
        if "=" in first:  # `Content-Disposition: filename=x`: the value is missing
            self._add(first)
        for segment in segments[1:]:
            if "=" in segment:
                self._add(segment)

    def _add(self, segment: str) -> None:
        name, _, raw = segment.partition("=")
        name = without_comments(name).strip(" \t\r\n\"'").lower()
        if "*" not in name:
            self._plain.setdefault(name, []).append(raw)
            return
        base, _, rest = name.partition("*")
        base, number = base.rstrip(_BLANKS), rest.rstrip("*" + _BLANKS)
        if not number:
            self._extended.setdefault(base, []).append(raw)
        elif number.isdecimal() and number.isascii() and len(number) < 10:
            pieces = self._pieces.setdefault(base, [])
            if len(pieces) < limits.PARAMETER_PIECES:
                pieces.append((int(number), rest.endswith("*"), raw))
            else:
                self.cut = True

    def has(self, name: str) -> bool:
        """Whether there is a parameter of this name (lower case) in any form."""
        return name in self._plain or name in self._extended or name in self._pieces

    def get(self, name: str) -> str | None:
        """The first reading of the parameter, or None."""
        for text, _ in self.readings(name):
            return text
        return None

    def octets(self, name: str) -> Iterator[bytes]:
        """The readings as octets, no charset applied: for boundaries."""
        for text, _, _ in self._raw_readings(name):
            yield text.encode("latin-1")

    def readings(self, name: str) -> Iterator[tuple[str, str]]:
        """Each reading as text, and how one comes to it; the same text may come twice."""
        for octets, charset, how in self._raw_readings(name):
            for text, by in _texts(octets, charset):
                yield text, ", ".join(filter(None, (how, by)))

    def _raw_readings(self, name: str) -> Iterator[tuple[str, str | None, str]]:
        """Octets, charset (None: not stated), how."""
        for raw in self._extended.get(name, ()):
            written = next(_unquoted(raw))[0]
            charset, rest = _charset(written)
            yield unescaped(rest), charset, "RFC 2231"
            yield written, None, "RFC 2231, not decoded"
        if name in self._pieces:
            yield from _joined(self._pieces[name])
        for raw in self._plain.get(name, ()):
            for text, how in _unquoted(raw):
                yield text, None, how
                if "%" in text:
                    yield unescaped(text), None, "percent escapes"


def of(field: Field) -> Parameters:
    """The parameters of a field. Those of a long one are read once; the many short ones would cost memory."""
    if len(field.raw) < _LONG:
        return Parameters(field.body)
    known = field.__dict__.get("_parameters")
    if not isinstance(known, Parameters):
        known = field.__dict__["_parameters"] = Parameters(field.body)
    return known


def _segments(text: str) -> tuple[list[str], bool]:
    """The text between semicolons that are not in quotes or comments; whether there was more than is read.

    When quotes or a comment never end, their text counts as a whole, and also cut at each semicolon.
    """
    pieces = text.split(";")
    if '"' not in text and "(" not in text:
        return pieces[: limits.PARAMETERS], len(pieces) > limits.PARAMETERS
    out: list[str] = []
    pending: list[str] = []
    quoted, depth = False, 0
    for piece in pieces:
        if not pending and '"' not in piece and "(" not in piece:
            out.append(piece)
            continue
        quoted, depth = _state(piece, quoted, depth)
        pending.append(piece)
        if not quoted and not depth:
            out.append(";".join(pending))
            pending = []
    if pending:
        out.append(";".join(pending))
        out.extend(pending if len(pending) > 1 else ())
    return out[: limits.PARAMETERS], len(out) > limits.PARAMETERS


def _state(piece: str, quoted: bool, depth: int) -> tuple[bool, int]:
    """Whether the end of the piece lies in quotes, and in how many comments."""
    if not depth and "(" not in piece and "\\" not in piece:
        return quoted ^ bool(piece.count('"') % 2), 0
    escaped = False
    for c in piece:
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = quoted or depth > 0
        elif depth:
            depth += (c == "(") - (c == ")")
        elif c == '"':
            quoted = not quoted
        elif c == "(" and not quoted:
            depth = 1
    return quoted, depth


def without_comments(text: str) -> str:
    """The text without comments that are not in quotes; one that never ends is no comment."""
    if "(" not in text:
        return text
    out: list[str] = []
    start, depth, quoted, escaped = 0, 0, False, False
    for at, c in enumerate(text):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = quoted or depth > 0
        elif depth:
            if c == "(":
                depth += 1
            elif c == ")":
                depth -= 1
                start = at + 1
        elif c == '"':
            quoted = not quoted
        elif c == "(" and not quoted:
            out.append(text[start:at])
            depth, start = 1, at
    out.append(text[start:])
    return "".join(out)


def _unquoted(raw: str) -> Iterator[tuple[str, str]]:
    """The readings of a raw value: octets, and how."""
    raw = raw.strip(_BLANKS)
    if not raw.startswith('"'):
        if "(" in raw:
            bare = without_comments(raw).strip(_BLANKS)
            if bare.startswith('"'):  # a comment before the quotes
                yield from _unquoted(bare)
                return
            yield bare, ""
            if bare == raw:
                return
            yield raw, "comment kept"
        else:
            yield raw, ""
        if '"' in raw or "'" in raw:
            yield raw.replace('"', "").strip("'"), "quotes removed"
        if " " in raw or "\t" in raw:
            yield raw.split(None, 1)[0], "up to the blank"
        return
    end = _closing_quote(raw)
    inner = raw[1:end]
    if "\\" not in inner:
        yield inner, "" if end < len(raw) else "quotes not closed"
    else:
        yield _unescape(inner), ""
        yield inner, "backslashes kept"
    after = without_comments(raw[end + 1 :]).strip(_BLANKS)
    if after:
        yield raw.replace('"', ""), "quotes removed"


def _closing_quote(raw: str) -> int:
    """The place of the quote that closes the one at 0; the length where there is none."""
    end = raw.find('"', 1)
    while end > 0:
        start = end
        while raw[start - 1] == "\\":
            start -= 1
        if (end - start) % 2 == 0:
            return end
        end = raw.find('"', end + 1)
    return len(raw)


def _unescape(text: str) -> str:
    return "\\".join(piece.replace("\\", "") for piece in text.split("\\\\"))


def _charset(text: str) -> tuple[str | None, str]:
    """charset'language'rest (RFC 2231 section 4); without its two quotes all is rest."""
    pieces = text.split("'", 2)
    return (pieces[0], pieces[2]) if len(pieces) == 3 else (None, text)


_HEX = {f"{n:{form}}": chr(n) for n in range(256) for form in ("02x", "02X")}
_HEX |= {a.upper() + b.lower(): chr(int(a + b, 16)) for a in "abcdef" for b in "abcdef"}
_HEX |= {a.lower() + b.upper(): chr(int(a + b, 16)) for a in "abcdef" for b in "abcdef"}


def unescaped(text: str) -> str:
    """%XX as octets; what is no escape stays as it stands."""
    if "%" not in text:
        return text
    first, *rest = text.split("%")
    out = [first]
    for piece in rest:
        octet = _HEX.get(piece[:2])
        out.append("%" + piece if octet is None else octet + piece[2:])
    return "".join(out)


def _joined(pieces: list[Piece]) -> Iterator[tuple[str, str | None, str]]:
    """The readings of name*0, name*1 ... (RFC 2231 section 3): as it should be, and as they may be put together."""
    texts = [(number, extended, next(_unquoted(raw))[0]) for number, extended, raw in pieces]
    in_order = sorted(texts, key=lambda piece: piece[0])
    once: dict[int, Piece] = {}
    last: dict[int, Piece] = {}
    for piece in in_order:
        once.setdefault(piece[0], piece)
        last[piece[0]] = piece
    unbroken = [piece for at, piece in enumerate(once.values()) if piece[0] == at]
    ways = [(unbroken, "RFC 2231 pieces")] if unbroken else []
    if len(unbroken) < len(once):
        ways.append((list(once.values()), "RFC 2231 pieces with gaps"))
    if len(once) < len(in_order):
        ways.append((list(last.values()), "RFC 2231 pieces, the last of doubles"))
        ways.append((in_order, "RFC 2231 pieces with doubles"))
    if in_order != texts:
        ways.append((texts, "RFC 2231 pieces as they come"))
    for way, how in ways:
        yield _together(way, how)
    if any(piece[1] for piece in texts):
        charset, rest = _charset("".join(piece[2] for piece in once.values()))
        yield unescaped(rest), charset, "RFC 2231 pieces, decoded as a whole"
        yield "".join(piece[2] for piece in once.values()), None, "RFC 2231 pieces, not decoded"


def _together(pieces: list[Piece], how: str) -> tuple[str, str | None, str]:
    charset: str | None = None
    out: list[str] = []
    for at, (_, extended, text) in enumerate(pieces):
        if extended and at == 0:
            charset, text = _charset(text)
        out.append(unescaped(text) if extended else text)
    return "".join(out), charset, how


def _texts(octets: str, charset: str | None) -> Iterator[tuple[str, str]]:
    """The octets as text: in the charset that is stated, and in those that are plausible."""
    if charset is not None and not (octets.isascii() and charset.lower() in ("", "utf-8", "us-ascii", "iso-8859-1")):
        yield text_of(octets.encode("latin-1"), charset), f"charset {charset[:40]}"
    plain = octets if octets.isascii() else raw_text(octets.encode("latin-1"))
    if "=?" in plain:
        yield decode(plain), "RFC 2047"
    yield plain, ""
    if "\0" in octets or octets.startswith(("\xff\xfe", "\xfe\xff")):
        data = octets.encode("latin-1")
        yield data.decode("utf-16-le", "replace"), "UTF-16"
        yield data.decode("utf-16-be", "replace"), "UTF-16"
