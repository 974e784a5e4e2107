"""Files that stand in a text: uuencode (POSIX, uuencode) and yEnc (yEnc draft 1.3), as before MIME.

Some mail programs show them as attachments of a message that has none.

    begin 644 invoice.exe                     =ybegin line=128 size=6000 name=invoice.exe
    M35J0``,````$````__\\``+@`````````0          (octets)
    ...                                       =yend size=6000

A line that begins so and has a name begins a file, if the next line is data; a text that speaks of it has other lines
behind it.

In:    a part that is a text; or the octets of a file that begins so (.uue)
Out:   a Member for each file, at most FILES
Fails: never.
Bounds: a pass for each form, TRIES lines that begin so. A text with a transfer encoding is decoded up to
       limits.PART_DECODE.
Bugs:  of a file in several messages (yEnc =ypart) each is a file of its own.
"""

from __future__ import annotations

import binascii

from mdafilter.archives import Member, short_name
from mdafilter.archives.unpack import read
from mdafilter.message.encoded import raw_text
from mdafilter.message.octets import Octets
from mdafilter.message.transfer import ENCODED
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.parts import Part

FILES = 1000
TRIES = 100_000  # lines that begin as if a file did
_LINE = 512  # octets of the first line and the second
_LONGEST = 64 * 1024  # octets of a line of data; a longer one is taken for several

# yEnc: each octet is 42 more, and the few that would be no text are 64 more again, behind "=".
_LESS_42 = bytes((octet - 42) % 256 for octet in range(256))


def members(packed: Packed) -> Iterator[Member]:
    """The files in a file."""
    yield from _files(packed.octets, 0, len(packed.octets), "in a file")


def inline_files(part: Part) -> Iterator[Member]:
    """The files in the text of this part."""
    octets, at, end = part.octets, part.body, part.end
    if part.encoding in ENCODED:
        octets = Octets.of(part.decoded())
        at, end = 0, len(octets)
    yield from _files(octets, at, end, "in the text")


def _files(octets: Octets, at: int, end: int, where: str) -> Iterator[Member]:
    for _number, (form, start, name) in zip(range(FILES), _begun(octets, at, end), strict=False):
        yield Member(((short_name(name), f"{form} {where}"),), _pieces(form, octets, start, end))


def _begun(octets: Octets, start: int, end: int) -> Iterator[tuple[str, int, str]]:
    """Where files begin: the form, the first octet of the data, the name."""
    for form, word in (("uuencode", b"begin "), ("yEnc", b"=ybegin ")):
        for _try, at in zip(range(TRIES), _places(octets, word, start, end), strict=False):
            line, _, more = octets.slice(at, min(end, at + _LINE)).partition(b"\n")
            name = _uu_name(line, more) if form == "uuencode" else line.partition(b" name=")[2]
            if name.strip():
                yield form, at + len(line) + 1, raw_text(name.strip())


def _places(octets: Octets, word: bytes, start: int, end: int) -> Iterator[int]:
    """Where lines begin with this word."""
    if octets.slice(start, min(end, start + len(word))) == word:
        yield start
    at = octets.find(b"\n" + word, start, end)
    while at >= 0:
        yield at + 1
        at = octets.find(b"\n" + word, at + 1, end)


def _uu_name(line: bytes, more: bytes) -> bytes:
    """The name behind the mode, where the next line is data: its first character says how long it is."""
    mode, _, name = line[6:].strip().partition(b" ")
    data = more.partition(b"\n")[0].rstrip(b"\r")
    if not mode or mode.strip(b"01234567") or not data or not 0x20 < data[0] < 0x60:
        return b""
    wanted = -(-(data[0] - 32) // 3) * 4  # characters for so many octets; blanks at the end may be lost
    return name if len(data) - 1 <= wanted + 2 and _octets_of(data) else b""


def _pieces(form: str, octets: Octets, start: int, end: int) -> Callable[[], Iterator[bytes]]:
    decoded = _uu if form == "uuencode" else _yenc
    return lambda: decoded(read(octets, start, end))


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > _LONGEST:
            yield rest
            rest = b""
    yield rest


def _uu(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for line in _lines(chunks):
        if line.rstrip(b"\r ") in (b"end", b"`", b""):
            return
        yield _octets_of(line.rstrip(b"\r"))


def _octets_of(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""  # a line that is none: who is lenient goes on


def _yenc(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for line in _lines(chunks):
        if line.startswith(b"=yend"):
            return
        if not line.startswith((b"=ypart", b"=ybegin")):
            first, *escaped = line.rstrip(b"\r").split(b"=")
            yield first.translate(_LESS_42) + b"".join(
                bytes([(piece[0] - 106) % 256]) + piece[1:].translate(_LESS_42) for piece in escaped if piece
            )
