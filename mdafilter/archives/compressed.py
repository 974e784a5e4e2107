"""gz, bz2, xz, lzma: one file, packed (RFC 1952, the formats of bzip2, xz, LZMA). Streams behind one another are one.

In:    the octets; the name of the packed file
Out:   one Member: what is in it has the name without its last ending (a.tar.gz holds a.tar, a.tgz too), and in gzip
       the name that the header states (FNAME) as well. No size is believed: RFC 1952's is modulo 2^32.
Fails: Unreadable, as its pieces are asked for.
"""

from __future__ import annotations

from mdafilter.archives import Member
from mdafilter.archives.unpack import METHODS, read, unpacked
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed
    from mdafilter.message.octets import Octets

_TAR = {"tgz": "tar", "tbz": "tar", "tbz2": "tar", "txz": "tar", "tlz": "tar", "svgz": "svg"}
_OWN = ("gz", "bz2", "xz", "lzma", "z", "zst", "lz4", "lz")
_NAME = 1024


def members(packed: Packed) -> Iterator[Member]:
    """The one file in it."""
    octets, method = packed.octets, METHODS[packed.format]
    names = names_inside(packed)
    if packed.format == "gzip" and (stated := _stated(octets)):
        names.append((stated, "gzip header"))
    yield Member(
        tuple(names),
        lambda: unpacked(read(octets, 0, len(octets)), method, joined=True),
        packed=len(octets),
    )


def names_inside(packed: Packed) -> list[tuple[str, str]]:
    """What the packed file is called by the name of what it is in."""
    stem, dot, ending = packed.name.rpartition(".")
    ending = ending.lower()
    named = f"{stem}.{_TAR[ending]}" if dot and ending in _TAR else stem if dot and ending in _OWN else packed.name
    return [(named, f"inside {packed.format}")] if named else []


def _stated(octets: Octets) -> str:
    """FNAME of RFC 1952 section 2.3, "" where there is none."""
    head = octets.slice(0, 12)
    if len(head) < 12 or not head[3] & 8:
        return ""
    at = 12 + int.from_bytes(head[10:12], "little") if head[3] & 4 else 10  # behind FEXTRA
    return octets.slice(at, at + _NAME).partition(b"\0")[0].decode("latin-1")
