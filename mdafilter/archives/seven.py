"""7z, by a library that others wrote: py7zr, in a child process with bounds (seven_child.py).

It is the extra `archives` of the package. The child is this Python with its packages, bounded as every program is that
reads an archive (program.py). It writes what it finds into a file without a name; nothing of what it says is believed
beyond its form. py7zr knows neither BCJ2, in which 7-Zip packs programs, nor some other ways to pack; what it cannot
unpack, `PROGRAMS` do, if they are there. Where it cannot tell the names, or is missing, bsdtar.py reads the archive.

In:    the octets, in a file for the child to read. What stands before the archive is passed over
Out:   a Member for each file: its beginning, and all of one that begins as an archive does
Facts: encrypted    the archive, or the files in it
       not-opened   py7zr is not installed, nor bsdtar
       too-large    it would become larger, or needs more memory to unpack, than may be
       unreadable   what nothing could read
Fails: Unreadable without an archive. TryAgain where the disk is full.
"""

from __future__ import annotations

import os
import sys

from mdafilter import limits
from mdafilter.archives import OPENERS, Fact, Member, Unreadable, bsdtar
from mdafilter.archives.kinds import TABLE
from mdafilter.archives.program import BSDTAR, SEVEN_ZIP, UNAR, Wanted, run, unpacked
from mdafilter.archives.spool import nameless, spooled
from mdafilter.archives.unpack import read
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from mdafilter.archives.walk import Packed

PROGRAMS = (SEVEN_ZIP, UNAR, BSDTAR)
PACKAGE = "py7zr"
CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seven_child.py")
MARK = b"7z\xbc\xaf\x27\x1c"
BEFORE = 2 * 1024 * 1024  # octets that may stand before it
_LINE = 256 * 1024  # octets of the description of one file
_SLACK = 64 * 1024
_PAST = {"MemoryError": "too-large", "TooLarge": "too-large"}  # what the child met, and the fact that it is


class _File(Value):
    """A file that the child tells of."""

    member: Member
    crc: int

    @property
    def has_content(self) -> bool:
        """Whether a program that unpacks all files writes something for it."""
        return self.member.size > 0 and not self.member.folder


def members(packed: Packed) -> Iterator[Member | Fact]:
    """The files, then what kept them from being read."""
    begin = packed.octets.find(MARK, 0, BEFORE)
    if begin < 0:
        raise Unreadable("it is called 7z and is none")
    archive = spooled(packed.octets.chunks(begin, len(packed.octets))) if begin else packed.spool
    packed, reply = packed.replace(spool=archive), nameless()
    try:
        files, failed = _by_library(packed, reply)
        if failed is None:
            yield from (file.member for file in files)
        elif files:
            yield from _by_programs(packed, files, failed)
        elif failed.name in ("encrypted", "too-large"):
            yield failed
        else:
            yield from _by_bsdtar(packed, failed)
    finally:
        os.close(reply)
        if begin:
            archive.close()


def _by_library(packed: Packed, reply: int) -> tuple[list[_File], Fact | None]:
    """What the child tells, and what kept it from telling more."""
    status = _run(packed, reply)
    octets = Octets.map(reply)
    files: list[_File] = []
    at = 0
    try:
        while (end := octets.find(b"\n", at, min(len(octets), at + _LINE))) >= 0:
            packed.budget.check()
            found = _json(octets.slice(at, end))
            at, size = end + 1, _int(found.get("content"))
            if "error" in found:
                return files, _error(packed, found)
            if "unpacked" in found:
                packed.budget.take(_int(found["unpacked"]))
                return files, None
            files.append(_File(_member(found, octets, at, min(at + size, len(octets))), _int(found.get("crc"), -1)))
            at += size
    except ValueError:
        status = "no answer that can be read"
    return files, Fact("unreadable", packed.path, status or "no answer that can be read")


def _by_programs(packed: Packed, files: list[_File], failed: Fact) -> Iterator[Member | Fact]:
    """The files with what programs unpack of them; and what kept the child from it, where they cannot either."""
    wanted = [file for file in files if file.has_content]
    size = sum(file.member.size for file in wanted) + _SLACK
    if failed.name == "too-large" or size > limits.ARCHIVE_UNPACKED - packed.budget.unpacked:
        yield from (file.member for file in files)
        yield failed
        return
    sizes = [Wanted(file.member.size, file.crc) for file in wanted]
    output = unpacked(PROGRAMS, packed.spool.file(), sizes, size, packed.budget)
    try:
        spans = {id(wanted[number]): span for number, span in output.found.items()}
        for file in files:
            span = spans.get(id(file))
            yield file.member.replace(pieces=_pieces(*span)) if span else file.member
        if len(spans) < len(wanted):
            yield failed
    finally:
        output.close()


def _by_bsdtar(packed: Packed, failed: Fact) -> Iterator[Member | Fact]:
    """What bsdtar tells, or if that is nothing, what kept the child from telling."""
    if bsdtar.missing():
        yield failed
        return
    try:
        yield from bsdtar.members(packed)
    except Unreadable:
        yield failed


def _member(found: dict[str, Any], octets: Octets, start: int, end: int) -> Member:
    return Member(
        ((str(found.get("name", "")), "its directory"),),
        _pieces(octets, start, end) if start < end else None,
        _int(found.get("size"), -1),
        _int(found.get("packed"), -1),
        bool(found.get("folder")),
        (("encrypted", "a password"),) if found.get("encrypted") else (),
    )


def _pieces(octets: Octets, start: int, end: int) -> Callable[[], Iterator[bytes]]:
    return lambda: read(octets, start, end)


def _error(packed: Packed, found: dict[str, Any]) -> Fact:
    name, text = str(found["error"]), str(found.get("text", ""))[:200]
    if name == "missing":
        return Fact("not-opened", packed.path, missing())
    if name == "PasswordRequired":
        return Fact("encrypted", packed.path, "its names, too")
    return Fact(_PAST.get(name, "unreadable"), packed.path, text or name)


def missing() -> str:
    """What is not installed; "" where it is."""
    from importlib.util import find_spec

    return "" if find_spec(PACKAGE) else f"the package {PACKAGE} is not installed"


def _run(packed: Packed, reply: int) -> str:
    """Runs the child; "" or what became of it."""
    if not sys.executable:
        return "there is no Python to read it with"
    budget = packed.budget
    most = max(limits.ARCHIVE_RATIO_FROM, limits.ARCHIVE_RATIO * len(packed.octets))
    left = max(0, min(limits.ARCHIVE_UNPACKED - budget.unpacked, most))
    bounds = (left, max(0, limits.ARCHIVE_ENTRIES - budget.entries), limits.ARCHIVE_HEAD)
    magics = [f"{at}:{magic.hex()}" for _kind, name, at, magic in TABLE if name in OPENERS]
    command = (sys.executable, "-I", CHILD, *map(str, bounds), *magics)
    return run(command, packed.spool.file(), reply, budget, 2 * left)


def _json(line: bytes) -> dict[str, Any]:
    import json

    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("no answer that can be read") from error
    if not isinstance(found, dict):
        raise ValueError("no answer that can be read")
    return found


def _int(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) and value >= 0 else default
