"""zstd, lz4, lzip and compress: one file, packed, which a program of the system unpacks (program.py).

In:    the octets; the name of the packed file
Out:   one Member: what is in it has the name without its last ending (compressed.py)
Facts: unreadable, of the file: no program is installed that unpacks it, or none could
       too-large: it becomes more than may be unpacked
Fails: TryAgain where the disk is full.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.archives import Member
from mdafilter.archives.compressed import names_inside
from mdafilter.archives.program import SEVEN_ZIP, path_of, run
from mdafilter.archives.spool import nameless
from mdafilter.archives.unpack import read
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed

# format   programs, and how each is told to write what it unpacks to its standard output
PROGRAMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "zstd": (("zstd", "-d", "-c", "-q"), SEVEN_ZIP),
    "lz4": (("lz4", "-d", "-c", "-q"),),
    "lzip": (("lzip", "-d", "-c", "-q"),),
    "compress": (("gzip", "-d", "-c", "-q"), SEVEN_ZIP),
}


def members(packed: Packed) -> Iterator[Member]:
    """The one file in it."""
    left = limits.ARCHIVE_UNPACKED - packed.budget.unpacked
    made = nameless()
    try:
        for name, *options in PROGRAMS[packed.format]:
            if (path := path_of(name)) and not os.fstat(made).st_size:
                run((path, *options), packed.spool.file(), made, packed.budget, left)
        octets = Octets.map(made)
        size = len(octets)
        packed.budget.take(min(size, left))
        facts = () if size else (("unreadable", "no program unpacks it"),)
        if size >= left:
            facts = (("too-large", f"more than {left} octets when it is unpacked"),)
        pieces = (lambda: read(octets, 0, size)) if size else None
        yield Member(tuple(names_inside(packed)), pieces, size or -1, len(packed.octets), facts=facts)
    finally:
        os.close(made)
