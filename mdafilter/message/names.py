"""The plausible readings of an attachment's name: all that some mail program would show or save it as.

A rule matches if any reading matches, so that no spelling hides a forbidden name. Sources, each with all readings of
parameters.py: `filename` of every Content-Disposition, `name` of every Content-Type (and the one in the place of the
other), lines of the header that are no field, fields behind a lone CR, and Content-Location where it ends in a name
with extension (RFC 2557).

To each reading comes what a system makes of it when the file is saved: without invisible characters, with full-width
characters folded, without folders, without NTFS stream, without the dots and blanks at its end; and, when there is a
right-to-left override in it, what it looks like.

In:    the Headers of a part, or the ways in which an archive writes the name of a file
Out:   tuple of Reading, no text twice, at most limits.NAME_READINGS
Fails: never.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.headers import Headers
from mdafilter.message.parameters import Parameters, of
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RIGHT_TO_LEFT = "\u202e"
_POP = "\u202c"
# Characters that show nothing: controls, zero width, marks and overrides of direction, variation selectors, tags.
_INVISIBLE = dict.fromkeys(
    (
        *range(32),
        *range(127, 160),
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFEFF,
        0xFFA0,
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
    )
)
_AT_END = " .\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\"'"


class Reading(Value):
    """One plausible reading of a name, and how one comes to it: "Content-Disposition filename, RFC 2231"."""

    text: str
    how: str


def readings(headers: Headers) -> tuple[Reading, ...]:
    """All readings of the name of the part that has this header; () where it has no name."""
    return collected(_sources(headers))


def collected(sources: Iterable[tuple[str, str]]) -> tuple[Reading, ...]:
    """The readings of one name that is written in these ways, each with how; and what becomes of it when saved."""
    found: dict[str, str] = {}
    for text, how in sources:
        if len(text) > limits.NAME_OCTETS:
            text = text[: limits.NAME_OCTETS // 2] + text[-limits.NAME_OCTETS // 2 :]
        if not text or text in found:
            continue
        found[text] = how
        for form, by in _forms(text):
            if form:
                found.setdefault(form, f"{how}, {by}")
        if len(found) >= limits.NAME_READINGS:
            break
    return tuple(Reading(text, how) for text, how in found.items())[: limits.NAME_READINGS]


def _sources(headers: Headers) -> Iterator[tuple[str, str]]:
    """Each reading as it is written, and how; the same text may come twice."""
    for name, first, second in (("Content-Disposition", "filename", "name"), ("Content-Type", "name", "filename")):
        for field in headers.all(name):
            body = field.body
            if b"=" not in body:
                continue
            parameters = of(field)
            for attribute in (first, second):
                for text, how in parameters.readings(attribute):
                    yield text, ", ".join(filter(None, (f"{name} {attribute}", how)))
            if not parameters.has(first) and not parameters.has(second):
                yield from _loose(body, name)
    for field in headers.all(""):
        if b"name" in field.raw.lower():
            yield from _loose(field.body, "line that is no field")
    location = headers.first("Content-Location")
    if location:
        last = location.text.strip(" <>\"'").partition("?")[0].partition("#")[0].replace("\\", "/").rpartition("/")[2]
        if "." in last.strip("."):
            yield last, "Content-Location"
    raw = headers.raw()
    if raw.count(b"\r") > raw.count(b"\r\n"):
        yield from _behind_lone_cr(raw)


def _loose(body: bytes, where: str) -> Iterator[tuple[str, str]]:
    """`name=` somewhere in text that has no such parameter: a comma or nothing at all in place of a semicolon."""
    lower = body.lower()
    at = lower.find(b"name")
    for _ in range(limits.NAME_READINGS):
        if at < 0:
            return
        behind = body[at + 4 : at + 64].lstrip(b" \t*0123456789")
        if behind.startswith(b"="):
            for text, how in Parameters(b";" + body[at : at + limits.NAME_OCTETS]).readings("name"):
                yield text, ", ".join(filter(None, (f"{where}, name without semicolon", how)))
        at = lower.find(b"name", at + 4)


def _behind_lone_cr(raw: bytes) -> Iterator[tuple[str, str]]:
    """Some programs take a lone CR for a line end: the header once more, read so."""
    from mdafilter.message.headers import read
    from mdafilter.message.octets import Octets

    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for text, how in _sources(read(Octets.of(lines), 0, len(lines))[0]):
        yield text, f"{how}, lone CR as line end"


def _forms(text: str) -> Iterator[tuple[str, str]]:
    """What becomes of the name when it is shown or saved."""
    if "\0" in text:
        yield _saved(text.partition("\0")[0]), "up to NUL"
    if _RIGHT_TO_LEFT in text:
        yield _saved(_as_shown(text)), "right-to-left override"
    saved = _saved(text)
    if saved != text:
        yield saved, "as it is saved"
    if ":" in saved:
        yield saved.rpartition(":")[2], "behind a colon"


def _as_shown(text: str) -> str:
    """The name as it looks: what follows U+202E up to U+202C or the end stands backwards (UAX #9, X4)."""
    before, _, after = text.partition(_RIGHT_TO_LEFT)
    turned, _, rest = after.partition(_POP)
    return before + turned[::-1] + rest


def _saved(text: str) -> str:
    """Without what shows nothing, folders, NTFS stream and the dots and blanks at the end; full-width folded."""
    if not text.isprintable():
        text = text.translate(_INVISIBLE)
    if not text.isascii():
        from unicodedata import normalize

        text = text[: -limits.NAME_FOLD] + normalize("NFKC", text[-limits.NAME_FOLD :])
    text = text.replace("\\", "/").rstrip("/" + _AT_END).rpartition("/")[2]
    if text[1:].find(":") > 0:  # x.exe::$DATA; "C:x" is a drive
        text = text[0] + text[1:].partition(":")[0]
    return text.rstrip(_AT_END).lstrip(" \"'")
