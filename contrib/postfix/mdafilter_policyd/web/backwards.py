"""The newest decisions, newest first: the files of decisions.py read from their ends, and never all of them.

In:    the path; what an octet line must have in it to be looked at more closely; bounds.
Out:   Entry values.
Fails: OSError. A file that is rotated meanwhile may have its newest lines told twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from mdafilter.journal import read
from mdafilter_policyd.decisions import Entry, parse

OCTETS = 32 * 1024 * 1024  # that one look reads at most: about 100,000 decisions
_WINDOW = 256 * 1024
_LONGEST = 64 * 1024  # octets of a line; what is longer is none of ours


def entries(path: str, needle: bytes = b"", octets: int = OCTETS) -> Iterator[Entry]:
    """All whose line has the needle in it, as far back as so many octets."""
    for line in lines(path, octets):
        if needle in line and (entry := parse(line)) is not None:
            yield entry


def lines(path: str, octets: int = OCTETS) -> Iterator[bytes]:
    """The lines of all files, the last one first."""
    for name in read.files(path):
        if octets <= 0:
            return
        try:
            fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # rotated meanwhile
        try:
            size = os.fstat(fd).st_size
            yield from _lines(fd, size, max(0, size - octets))
            octets -= size
        finally:
            os.close(fd)


def _lines(fd: int, end: int, begin: int) -> Iterator[bytes]:
    """Of one file, from `end` back to `begin`; the line that `begin` is in is left out, unless it is the first."""
    rest = b""
    while end > begin:
        start = max(begin, end - _WINDOW)
        found = (os.pread(fd, end - start, start) + rest).split(b"\n")
        rest, end = found[0], start
        yield from (line for line in reversed(found[1:]) if line)
        if len(rest) > _LONGEST:
            rest = b""  # what comes before it is a piece of a line, which parses as none
    if rest and begin == 0:
        yield rest
