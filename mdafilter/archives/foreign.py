"""7z and rar, by libraries that others wrote: py7zr and rarfile, in a child process with bounds (foreign_child.py).

They are the extra `archives` of the package. The child is this Python with its packages; its address space, processor
time and what it writes are limited, and it is ended at a deadline. It writes what it finds into a file without a name;
nothing of what it says is believed beyond its form.

In:    the octets, in a file for the child to read
Out:   a Member for each file. Of 7z the beginning of each file, and all of one that begins as an archive does; of rar
       the same for what is stored in it unpacked, and of all else only name and size
Fails: Unreadable, also for a child that ended badly. A missing package is the fact "not-opened".
"""

from __future__ import annotations

import os
import sys
import time

from mdafilter import limits
from mdafilter.archives import NEEDS, OPENERS, Fact, Member, Unreadable
from mdafilter.archives.kinds import TABLE
from mdafilter.archives.spool import nameless
from mdafilter.archives.unpack import read
from mdafilter.message.octets import Octets
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from mdafilter.archives.walk import Packed

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "foreign_child.py")
_LINE = 256 * 1024  # octets of the description of one file
_ENDED = {"MemoryError": "too-large", "TooLarge": "too-large"}  # what the child met, and the fact that it is


def missing() -> list[str]:
    """The packages that are not installed, and without which some archives are not opened."""
    from importlib.util import find_spec

    return [package for package in NEEDS.values() if find_spec(package) is None]


def members(packed: Packed) -> Iterator[Member | Fact]:
    """The files that the child tells of, then what kept it from telling more."""
    reply = nameless()
    try:
        status = _run(packed, reply)
        octets = Octets.map(reply)
        at, told = 0, False
        while at < len(octets):
            end = octets.find(b"\n", at, min(len(octets), at + _LINE))
            if end < 0:
                break  # the child was ended while it wrote
            found = _json(octets.slice(at, end))
            at = end + 1
            told = True
            if "error" in found:
                yield from _error(packed, found)
            else:
                size = _int(found.get("content"))
                yield _member(found, octets, at, min(at + size, len(octets)))
                at += size
        if not told:
            raise Unreadable(status or "nothing is in it")
    finally:
        os.close(reply)


def _member(found: dict[str, Any], octets: Octets, start: int, end: int) -> Member:
    facts = [("encrypted", "a password")] if found.get("encrypted") else []
    pieces: Callable[[], Iterator[bytes]] | None = None
    if start < end:
        pieces = lambda: read(octets, start, end)  # noqa: E731
    return Member(
        ((str(found.get("name", "")), "its directory"),),
        pieces,
        _int(found.get("size"), -1),
        _int(found.get("packed"), -1),
        bool(found.get("folder")),
        tuple(facts),
    )


def _error(packed: Packed, found: dict[str, Any]) -> Iterator[Fact]:
    name, text = str(found["error"]), str(found.get("text", ""))[:200]
    if name == "missing":
        yield Fact("not-opened", packed.path, f"the package {NEEDS[packed.format]} is not installed")
    elif name == "encrypted":
        yield Fact("encrypted", packed.path, "its names, too")
    else:
        yield Fact(_ENDED.get(name, "unreadable"), packed.path, text or name)


def _run(packed: Packed, reply: int) -> str:
    """Runs the child; "" or what became of it."""
    import subprocess

    if not sys.executable:
        return "there is no Python to read it with"
    budget = packed.budget
    seconds = max(1, round(limits.ARCHIVE_SECONDS - budget.seconds))
    bounds = (
        *(max(0, limits.ARCHIVE_UNPACKED - budget.unpacked), max(0, limits.ARCHIVE_ENTRIES - budget.entries)),
        *(seconds, limits.ARCHIVE_MEMORY, limits.ARCHIVE_HEAD),
    )
    magics = [f"{at}:{magic.hex()}" for _kind, name, at, magic in TABLE if name in OPENERS]
    command = [sys.executable, "-I", CHILD, packed.format, *map(str, bounds), *magics]
    source = packed.spool.file()
    os.lseek(source, 0, os.SEEK_SET)
    begun = time.monotonic()
    try:
        done = subprocess.run(
            command,
            stdin=source,
            stdout=reply,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            timeout=seconds + 2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it took too long to read"
    except OSError as error:
        return f"nothing could be started to read it: {error.strerror}"
    finally:
        budget.seconds += time.monotonic() - begun  # its time is ours: a message may have many of them
    return "" if done.returncode == 0 else f"reading it ended with {done.returncode}"


def _json(line: bytes) -> dict[str, Any]:
    import json

    try:
        found = json.loads(line)
    except RecursionError as error:
        raise Unreadable("no answer that can be read") from error
    if not isinstance(found, dict):
        raise Unreadable("no answer that can be read")
    return found


def _int(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) and value >= 0 else default
