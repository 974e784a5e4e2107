"""Programs of the system that read archives for us: how they are started, bounded and ended, and what comes of it.

A program gets the archive as its standard input and a file without a name as its standard output. Nothing of a message
is ever on its command line, no name of a file either, and it is told to write to its standard output alone. Before it
is started, a shell sets its bounds (ulimit of sh(1)): processor time, address space, and how much it may write to any
file. It has a session of its own, so that there is no terminal at which it could ask for a password, an environment of
one variable, and is ended at a deadline with all that it has started.

    run       starts a command on an archive
    unpacked  the files of an archive that a program writes one behind the other. Where one begins is known by the
              sizes that the archive states, and proved by their checksums: a program that leaves a file out, or writes
              less of it than is stated, must not make the next one look like another

In:    a descriptor of the archive, commands, and the Budget of the message
Out:   run: "" or what became of it; unpacked: an Output, which must be closed
Fails: TryAgain where there is no room for what is unpacked; Past. All else is an answer.
Bugs:  a quota that is used up is not seen: it makes an archive unreadable.
"""

from __future__ import annotations

import os
import time
import zlib

from mdafilter import limits
from mdafilter.archives.spool import nameless
from mdafilter.errors import TryAgain
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.archives.budget import Budget

FOLDERS = ("/usr/bin", "/usr/local/bin")  # and not $PATH, which is that of whoever delivers
ELSE = {"7zz": "7z"}  # the package 7zip of Debian 12 has the first, that of Debian 13 the second
ARCHIVE = "/dev/stdin"  # for a program that wants a name

# What can unpack all files of an archive, one behind the other.
SEVEN_ZIP = ("7zz", "x", "-so", "-bd", "-p", ARCHIVE)
UNAR = ("unar", "-quiet", "-no-recursion", "-output-directory", "-", "-password", "", ARCHIVE)
BSDTAR = ("bsdtar", "-x", "-O", "-f", "-")

# ulimit(1) counts files in blocks of 512 octets and memory in KiB. Where it fails, there is a lower limit already.
_BOUNDED = 'ulimit -c 0; ulimit -f "$1"; ulimit -v "$2"; ulimit -t "$3"; shift 3; exec "$@"'
_BLOCK = 512
_PATIENCE = 2
_ROOM = 256 * 1024  # octets; a disk with less is full
_PLACES = 8  # where a file is looked for behind files that were not found


class Wanted(Value):
    """What the archive says of a file that is to come: its size, and the CRC-32 of its content; -1 does not say it."""

    size: int
    crc: int = -1


def path_of(program: str) -> str:
    """Where the program is, under its own name or its other one; "" nowhere."""
    paths = (f"{folder}/{name}" for name in (program, ELSE.get(program, program)) for folder in FOLDERS)
    return next((path for path in paths if os.access(path, os.X_OK)), "")


def run(command: Sequence[str], source: int, output: int, budget: Budget, octets: int) -> str:
    """Runs it on the archive that `source` holds; it may write so many octets. "", or what became of it."""
    import subprocess

    seconds = max(1, round(limits.ARCHIVE_SECONDS - budget.seconds))
    bounds = (octets // _BLOCK + 1, limits.ARCHIVE_MEMORY // 1024, seconds)
    os.lseek(source, 0, os.SEEK_SET)
    begun, spent = time.monotonic(), _spent()
    try:
        process = subprocess.Popen(
            ("/bin/sh", "-c", _BOUNDED, "sh", *map(str, bounds), *command),
            stdin=source,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},  # in which any name can be written
            start_new_session=True,
        )
    except OSError as error:
        from errno import EAGAIN, EMFILE, ENFILE, ENOMEM

        if error.errno in (EAGAIN, EMFILE, ENFILE, ENOMEM):  # the machine is full: later it will not be
            raise TryAgain(f"no process to unpack an archive: {error.strerror}") from error
        return f"nothing could be started to read it: {error.strerror}"
    try:
        status = process.wait(seconds * _PATIENCE)
    except subprocess.TimeoutExpired:
        return "it took too long to read"
    finally:
        _end(process.pid)
        process.wait()
        # Its time is ours. Of the clock the half counts: it ends with what does nothing, and a busy machine is no bomb.
        budget.seconds += max((time.monotonic() - begun) / _PATIENCE, _spent() - spent)
    _need_room(output)
    return "" if status == 0 else f"reading it ended with {status}"


def _spent() -> float:
    """Processor time of all processes of ours that have ended."""
    from resource import RUSAGE_CHILDREN, getrusage

    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _end(session: int) -> None:
    """Ends all processes of its session that are left."""
    from signal import SIGKILL

    try:
        os.killpg(session, SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # none is left


def _need_room(output: int) -> None:
    """A program that meets a full disk unpacks less and does not say why; that must not make an archive look empty."""
    room = os.fstatvfs(output)
    if room.f_bavail * room.f_frsize < _ROOM:
        raise TryAgain("no room to unpack an archive: the disk is full", "4.3.1")


class Output:
    """What programs have unpacked: which file is where."""

    def __init__(self) -> None:
        self.found: dict[int, tuple[Octets, int, int]] = {}  # by its place among the files that were wanted
        self._files: list[int] = []

    def close(self) -> None:
        """Gives the files back; their octets cannot be read any more."""
        while self._files:
            os.close(self._files.pop())

    def file(self) -> int:
        """A file to write into."""
        self._files.append(nameless())
        return self._files[-1]


def unpacked(
    commands: Sequence[Sequence[str]], source: int, wanted: Sequence[Wanted], octets: int, budget: Budget
) -> Output:
    """The files, by one program after the other until nothing is missing. `octets` is more than all of them have."""
    output = Output()
    try:
        for name, *options in commands:
            if (program := path_of(name)) and len(output.found) < len(wanted):
                file = output.file()
                run((program, *options), source, file, budget, octets)
                written = Octets.map(file)
                budget.take(len(written))
                for index, start in _places(written, wanted, budget):
                    output.found.setdefault(index, (written, start, start + wanted[index].size))
    except BaseException:
        output.close()
        raise
    return output


def _places(octets: Octets, wanted: Sequence[Wanted], budget: Budget) -> Iterator[tuple[int, int]]:
    """Which of the files is where. One without a checksum is believed where all that was written is as stated."""
    end = len(octets)
    complete = end == sum(one.size for one in wanted)
    places = [0]
    for index, one in enumerate(wanted):
        at = next((at for at in places if at + one.size <= end and _is(octets, at, one, complete, budget)), -1)
        if at >= 0:
            yield index, at
            places = [at + one.size]
        else:  # it was left out, or something else stands in its place
            places = list(dict.fromkeys((*places, *(place + one.size for place in places))))[:_PLACES]


def _is(octets: Octets, at: int, one: Wanted, complete: bool, budget: Budget) -> bool:
    if one.crc < 0:
        return complete
    crc = 0
    for chunk in octets.chunks(at, at + one.size):
        budget.check()
        crc = zlib.crc32(chunk, crc)
    return crc == one.crc
