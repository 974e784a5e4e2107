"""cab, xar, lha, cpio and ar: what bsdtar(1) reads, which makes a tar of it for tar.py to read.

bsdtar is a program of libarchive. What it makes comes into a file without a name; it writes nothing else (program.py).
It reads far more formats than these, and one of them (mtree) is a list of files of the machine that it would read: so
it gets nothing but what begins as one of these formats does.

In:    the octets
Out:   a Member for each file
Facts: not-opened  bsdtar is not installed
       too-large   it would make more of it than may be unpacked
       ratio       it made so much more of it than there was
Fails: Unreadable where bsdtar gives up, after the files that it has read. TryAgain where the disk is full.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.archives import Fact, Member, Unreadable, tar
from mdafilter.archives.budget import is_bomb
from mdafilter.archives.program import path_of, run
from mdafilter.archives.spool import Spool, nameless
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives.walk import Packed

NAME = "bsdtar"
OPTIONS = ("-c", "-f", "-", "--format", "pax", "@-")


def missing() -> str:
    """What is not installed; "" where it is."""
    return "" if path_of(NAME) else f"{NAME} is not installed"


def members(packed: Packed) -> Iterator[Member | Fact]:
    """The files of the tar that it makes."""
    if text := missing():
        yield Fact("not-opened", packed.path, text)
        return
    left = limits.ARCHIVE_UNPACKED - packed.budget.unpacked
    made = nameless()
    try:
        status = run((path_of(NAME), *OPTIONS), packed.spool.file(), made, packed.budget, left)
        octets = Octets.map(made)
        packed.budget.take(min(len(octets), left))
        if len(octets) >= left:
            yield Fact("too-large", packed.path, f"more than {left} octets when it is unpacked")
        elif is_bomb(len(octets), len(packed.octets)):
            yield Fact("ratio", packed.path, f"{len(packed.octets)} octets that become {len(octets)}")
        for member in tar.members(packed.replace(spool=Spool(octets))):
            yield member.replace(names=tuple((name, f"{packed.format} directory") for name, _how in member.names))
        if status:
            raise Unreadable(status)
    finally:
        os.close(made)
