"""cab, xar, lha, iso and more: what bsdtar(1) reads, which makes a tar of it for tar.py to read.

bsdtar is a program of libarchive, and takes any of its formats, also packed by zstd, lz4, lzip or compress(1). What it
makes comes into a file without a name; it writes nothing else (program.py).

In:    the octets
Out:   a Member for each file
Facts: not-opened  bsdtar is not installed
       too-large   it would make more of it than may be unpacked
       ratio       it made so much more of it than there was
Fails: Unreadable where bsdtar gives up, after the files that it has read. TryAgain where the disk is full.

A single file that is packed by zstd and its like is no archive to bsdtar: 7zz unpacks some of them, and of the others
the name is known.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.archives import Fact, Member, Unreadable, tar
from mdafilter.archives.budget import is_bomb
from mdafilter.archives.compressed import names_inside
from mdafilter.archives.program import SEVEN_ZIP, path_of, run
from mdafilter.archives.spool import Spool, nameless
from mdafilter.archives.unpack import read
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.archives.walk import Packed

NAME = "bsdtar"
SINGLE = ("zstd", "lz4", "lzip", "compress")
OPTIONS = ("-c", "-f", "-", "--format", "pax", "@-")


def missing() -> str:
    """What is not installed; "" where it is."""
    return "" if path_of(NAME) else f"{NAME} is not installed"


def members(packed: Packed) -> Iterator[Member | Fact]:
    """The files of the tar that it makes."""
    if text := missing():
        yield Fact("not-opened", packed.path, text)
        return
    made = nameless()
    try:
        octets, status, fact = _made(packed, (NAME, *OPTIONS), made)
        yield from fact
        files = 0
        for member in tar.members(packed.replace(spool=Spool(octets))):
            files += 1
            yield member.replace(names=tuple((name, f"{packed.format} directory") for name, _how in member.names))
        if status and (files or packed.format not in SINGLE):
            raise Unreadable(status)
        if status:
            os.ftruncate(made, 0)
            os.lseek(made, 0, os.SEEK_SET)
            octets, _status, fact = _made(packed, SEVEN_ZIP, made)
            yield from fact
            yield _single(packed, octets)
    finally:
        os.close(made)


def _made(packed: Packed, command: Sequence[str], made: int) -> tuple[Octets, str, list[Fact]]:
    """What a program makes of it, what became of the program, and what is to be known of that."""
    left = limits.ARCHIVE_UNPACKED - packed.budget.unpacked
    name, *options = command
    path = path_of(name)
    status = run((path, *options), packed.spool.file(), made, packed.budget, left) if path else missing()
    octets = Octets.map(made)
    packed.budget.take(min(len(octets), left))
    if len(octets) >= left:
        return octets, status, [Fact("too-large", packed.path, f"more than {left} octets when it is unpacked")]
    if is_bomb(len(octets), len(packed.octets)):
        text = f"{len(packed.octets)} octets that become {len(octets)}"
        return octets, status, [Fact("ratio", packed.path, text)]
    return octets, status, []


def _single(packed: Packed, octets: Octets) -> Member:
    """The one file in it."""
    names = tuple(names_inside(packed))
    if not len(octets):
        return Member(names, None, facts=(("unreadable", "no program unpacks it"),))
    return Member(names, lambda: read(octets, 0, len(octets)), len(octets), len(packed.octets))
