"""rar: RAR 1.5 to 4, and RAR 5.

The headers are read by rar_headers.py. What is stored without packing is read as it stands; what is packed, programs
unpack (`PROGRAMS`, by program.py), which are free software and need not be there. They are not asked for names.

In:    the octets. What stands before the archive is passed over (a program that unpacks itself)
Out:   a Member for each file, also for older versions of one, and for its streams of NTFS (called "file:stream"); of a
       name that is written twice (once for programs that know no Unicode) both
Facts: encrypted    headers: nothing is known. A file: its name is
       not-opened   a file that began in the volume before or goes on in the next one; and where no program is installed
                    that unpacks, once, whatever is packed
       unreadable   a file that no program could unpack
       too-large    more is in it than may be unpacked: nothing of what is packed was
       too-many     more than limits.ARCHIVE_HEADERS headers (and more files than may be: walk.py)
Fails: Unreadable without an archive, and where a header ends behind the octets. TryAgain where the disk is full.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.archives import Fact, Member, Unreadable
from mdafilter.archives.budget import Past, is_bomb
from mdafilter.archives.program import BSDTAR, UNAR, Wanted, path_of, unpacked
from mdafilter.archives.rar_headers import File, begin_of, listed
from mdafilter.archives.spool import spooled
from mdafilter.archives.unpack import read
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.archives.program import Output
    from mdafilter.archives.walk import Packed
    from mdafilter.message.octets import Octets

# The first knows more (solid archives of RAR 4, its filters for programs), the second is on more machines.
PROGRAMS: tuple[tuple[str, ...], ...] = (UNAR, BSDTAR)

_SLACK = 64 * 1024


def members(packed: Packed) -> Iterator[Member | Fact]:
    """The files in the order of the archive, then what is to be known of it."""
    octets, begin = packed.octets, begin_of(packed.octets)
    files: list[File] = []
    broken: Unreadable | None = None
    try:
        for number, found in enumerate(listed(octets, begin)):
            packed.budget.check()
            if number >= limits.ARCHIVE_HEADERS:
                raise Past("too-many", f"more than {limits.ARCHIVE_HEADERS} headers")
            if isinstance(found, tuple):
                yield Fact(found[0], packed.path, found[1])
            elif found:
                files.append(found)
            if packed.budget.entries + len(files) > limits.ARCHIVE_ENTRIES:
                break
    except Unreadable as error:
        broken = error
    output: Output | None = None
    bomb = any(is_bomb(file.size, file.source) for file in files)  # a fact of the file (walk.py): nobody unpacks it
    if not bomb and any(file.is_packed for file in files):
        if fact := _hindrance(packed, files):
            yield fact
        else:
            output = _unpacked(packed, files, begin)
    try:
        for number, file in enumerate(files):
            yield _member(file, octets, output, number)
    finally:
        if output:
            output.close()
    if broken:
        raise broken


def missing() -> str:
    """What is not installed, "" where a program is."""
    return "" if any(path_of(name) for name, *_ in PROGRAMS) else "unar (or bsdtar) is not installed"


def _member(file: File, octets: Octets, output: Output | None, number: int) -> Member:
    facts, span = file.facts, output.found.get(number) if output else None
    if file.stored and file.has_content and not facts:
        span = octets, file.start, file.start + file.packed
    elif file.is_packed and output and span is None:
        facts = (("unreadable", "no program unpacks it"),)
    pieces: Callable[[], Iterator[bytes]] | None = None
    if span is not None:
        pieces = lambda: read(*span)  # noqa: E731
    return Member(file.names, pieces, file.size, file.source, file.folder, facts)


# --- what is packed ----------------------------------------------------------------------------------------------


def _hindrance(packed: Packed, files: list[File]) -> Fact | None:
    """Why no program is asked to unpack it."""
    if text := missing():
        return Fact("not-opened", packed.path, text)
    if sum(file.size for file in files if file.has_content) > limits.ARCHIVE_UNPACKED - packed.budget.unpacked:
        return Fact("too-large", packed.path, "the files in it say that they are larger than may be")
    return None


def _unpacked(packed: Packed, files: list[File], begin: int) -> Output:
    """What programs unpack. They get the archive without what stands before it."""
    numbers = [number for number, file in enumerate(files) if file.has_content]
    wanted = [Wanted(files[number].size, files[number].crc) for number in numbers]
    size = sum(one.size for one in wanted) + _SLACK
    archive = packed.spool if not begin else spooled(packed.octets.chunks(begin, len(packed.octets)))
    try:
        output = unpacked(PROGRAMS, archive.file(), wanted, size, packed.budget)
    finally:
        if begin:
            archive.close()
    output.found = {numbers[index]: span for index, span in output.found.items()}
    return output
