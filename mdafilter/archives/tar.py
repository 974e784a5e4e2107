"""tar: POSIX ustar and pax, GNU, and what was before (POSIX.1 pax "ustar Interchange Format", the GNU tar manual).

In:    the octets
Out:   a Member for each file, link and folder. The name is that of the header, and those of a pax header (path,
       GNU.sparse.name) or of a GNU long name before it; programs that know no extensions take the header's.
       A header behind the end counts, too: some programs go on (GNU tar, --ignore-zeros).
Fails: Unreadable where no header is, or where the octets end inside of a file.
Bounds: of a long name or pax header NAME octets are read, whatever size it states.
"""

from __future__ import annotations

from mdafilter.archives import Member, Unreadable, few_names
from mdafilter.archives.kinds import is_tar
from mdafilter.archives.unpack import read
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.octets import Octets

BLOCK = 512
NAME = 64 * 1024
_END = bytes(BLOCK)
_FILES = b"\x000178SMVDN"  # what has content; the rest (links, devices) has none, whatever its size


def members(packed: Packed) -> Iterator[Member]:
    """The files in the order of the tar."""
    octets = packed.octets
    at, ended = 0, False
    names: list[tuple[str, str]] = []
    while at + BLOCK <= len(octets):
        packed.budget.check()  # there may be millions of headers without a file
        head = octets.slice(at, at + BLOCK)
        if head == _END:
            ended, at = True, at + BLOCK
            continue
        if not is_tar(head):
            if ended:
                return  # what stands behind the end is nothing
            raise Unreadable("a block that is no header")
        size, kind = number(head[124:136]), head[156:157]
        at += BLOCK
        if kind == b"S":
            at = _behind_map(octets, head, at)
        if kind in b"LKxgX" and kind != b"\0":
            names = [*few_names(names), *_long_names(kind, octets.slice(at, at + min(size, NAME)))]
        else:
            held = size if kind in _FILES else 0
            real = number(head[483:495]) if kind == b"S" else size
            yield Member(
                (*((name, how) for name, how in reversed(names)), (_name(head), "tar header")),
                _content(octets, at, at + held) if held else None,
                size=real if held else 0,
                packed=min(held, len(octets)),
                folder=kind == b"5" or _name(head).endswith("/"),
            )
            names, size = [], held
        at += (size + BLOCK - 1) // BLOCK * BLOCK
    if at > len(octets):
        raise Unreadable("it ends inside of a file")


def _content(octets: Octets, start: int, end: int) -> Callable[[], Iterator[bytes]]:
    return lambda: read(octets, start, end)


def number(field: bytes) -> int:
    """An octal number, or one of base 256 (GNU); 0 for what is none."""
    if field[:1] >= b"\x80":
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big") if field[0] != 0xFF else 0
    try:
        return max(0, int(field.partition(b"\0")[0].strip() or b"0", 8))
    except ValueError:
        return 0


def _name(head: bytes) -> str:
    name, prefix = head[:100].partition(b"\0")[0], head[345:500].partition(b"\0")[0]
    if head[257:263] == b"ustar\0" and prefix:
        name = prefix + b"/" + name
    return name.decode("utf-8", "replace")


def _long_names(kind: bytes, data: bytes) -> Iterator[tuple[str, str]]:
    if kind == b"L":
        yield data.partition(b"\0")[0].decode("utf-8", "replace"), "tar long name"
    elif kind in b"xX":
        for key in (b"path", b"GNU.sparse.name"):
            _, found, value = data.partition(b" " + key + b"=")
            if found:
                yield value.partition(b"\n")[0].decode("utf-8", "replace"), f"tar pax {key.decode()}"


def _behind_map(octets: Octets, head: bytes, at: int) -> int:
    """Where the content of a GNU sparse file begins: behind the blocks that its map goes on in."""
    more = head[482:483]
    while more not in (b"\0", b"") and at + BLOCK <= len(octets):
        more = octets.slice(at + 504, at + 505)
        at += BLOCK
    return at
