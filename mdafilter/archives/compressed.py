"""gz, bz2, xz: one file, packed (RFC 1952, the bzip2 and xz formats). Streams behind one another are one file.

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

_TAR = {"tgz": "tar", "tbz": "tar", "tbz2": "tar", "txz": "tar", "tlz": "tar", "svgz": "svg"}
_OWN = ("gz", "bz2", "xz", "lzma", "z")


def members(packed: Packed) -> Iterator[Member]:
    """The one file in it."""
    octets, method = packed.octets, METHODS[packed.format]
    stem, dot, ending = packed.name.rpartition(".")
    ending = ending.lower()
    named = f"{stem}.{_TAR[ending]}" if dot and ending in _TAR else stem if dot and ending in _OWN else packed.name
    names = [(named, f"inside {packed.format}")] if named else []
    if packed.format == "gzip" and (stated := _stated(octets.slice(0, 1024))):
        names.append((stated, "gzip header"))
    yield Member(
        tuple(names),
        lambda: unpacked(read(octets, 0, len(octets)), method, joined=True),
        packed=len(octets),
    )


def _stated(head: bytes) -> str:
    """FNAME of RFC 1952 section 2.3, "" where there is none."""
    if len(head) < 10 or not head[3] & 8:
        return ""
    at = 10
    if head[3] & 4:  # FEXTRA
        at += 2 + int.from_bytes(head[10:12], "little")
    return head[at:].partition(b"\0")[0].decode("latin-1")
