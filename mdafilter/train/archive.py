"""The messages of an archive: Maildir folders, MH folders, mboxes, files, and folders of all these. One at a time.

    a folder with cur/ and new/   Maildir (maildir(5)): its own messages, not those of the folders below it (.Junk)
    a folder of numbers           MH (mh-folders(5)): the files that are a number; `,7` and `#7` were removed
    any other folder              its files and the folders in it, all the way down; hidden ones are left out
    a file                        an mbox where its first line is a From line, else one message
    -                             the same on standard input

In an mbox (RFC 4155) a message begins with a From line that stands first, or behind an empty line and is a From line
indeed: it has a date, or a header field follows. That is wherever `formail -s` splits, but that Content-Length, which
anybody can write, hides nothing; and a sentence of an unquoted message that begins so is no message. What quoted() of
targets/mbox.py puts before lines is taken off again, and the empty line that ends a message: the octets are those that
were delivered. In a Maildir or MH folder nothing is split. What is compressed (stored.py) is unpacked, an mbox too.

In:    paths; how far an earlier run came (`past`).
Out:   Items, in an order that is the same each time. A message that cannot be had is an Item that says why. In memory
       is one message of at most limits.REPORT_OCTETS, and the names of one folder.
Going on: a Mark says how far a run has come in a place, and how that place looked when it began (device, inode, time
       and size). A place that looks the same is gone on with from there; one that has changed is gone through from its
       beginning, and whoever has a ledger knows what was done.
Fails: OSError of a path that was named and is not there, only.
Bugs:  a message that is being appended to an mbox is read as far as it is there.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.train import stored
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STDIN = "-"
_PIECE = 64 * 1024  # octets of a line that are read at a time
_ROUNDS = 3  # how often a Maildir is listed again for messages that were renamed meanwhile
_DATE = re.compile(rb"From .*\d\d:\d\d(:\d\d)?\b")  # asctime(3) in it, whatever is around it
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
_QUOTES = {"mboxrd": re.compile(rb">+From "), "mboxo": re.compile(rb">From ")}


class Mark(Value):
    """How far a place was read: that many files, or octets of an mbox. `looks` tells whether it has changed since."""

    looks: str
    position: int


class Extent(Value):
    """A message in a file: where it begins and ends, and its octets (None: more than limits.REPORT_OCTETS)."""

    begin: int
    end: int
    raw: bytes | None
    in_mbox: bool = True


class Place(Value):
    """A folder or a file that has messages. `kind` is "maildir", "mh", "folder" (its files only) or "file"."""

    path: str
    kind: str


class Item(Value):
    """One message. `path` is for people: the file, and `:octet` where it begins in an mbox."""

    path: str
    raw: bytes
    size: int  # octets that were read for it
    why: str = ""  # there is no message to be had
    place: str = ""
    mark: Mark = Mark("", 0)  # of the place, behind this message


def items(paths: Iterable[str], past: Mapping[str, Mark] | None = None, quoting: str = "mboxrd") -> Iterator[Item]:
    """The messages of all paths, but those that an earlier run had."""
    for place in places(paths):
        looks = _looks(place)
        at = _came_to(place, looks, past)
        found = _file(place.path, at, quoting) if place.kind == "file" else _files(place, at, quoting)
        for position, item in found:
            yield item.replace(place=place.path, mark=Mark(looks, position))


def places(paths: Iterable[str]) -> Iterator[Place]:
    """The folders and files behind these paths. OSError for a path that is not there."""
    for path in paths:
        if path == STDIN or not stat.S_ISDIR(os.stat(path).st_mode):
            yield Place(path, "file")
        else:
            yield from _below(os.path.normpath(path))


def octets(paths: Iterable[str], past: Mapping[str, Mark] | None = None) -> int:
    """How much there is to read, about, behind what an earlier run had; 0 where nobody knows."""
    sizes = 0
    for place in places(paths):
        looks = _looks(place)
        at = _came_to(place, looks, past)
        if place.kind == "file":
            if not looks:
                return 0
            sizes += os.stat(place.path).st_size - at
            continue
        for path in (os.path.join(place.path, name) for name in _listed(place)[at:]):
            with contextlib.suppress(OSError):  # gone meanwhile
                sizes += os.stat(path).st_size
    return sizes


def _listed(place: Place) -> list[str]:
    try:
        return _names(place)
    except OSError:
        return []  # the reading of it says why


def _came_to(place: Place, looks: str, past: Mapping[str, Mark] | None) -> int:
    """How far an earlier run came in a place that looks the same."""
    mark = (past or {}).get(place.path)
    return mark.position if mark and looks and mark.looks == looks else 0


def split(file: BinaryIO, at: int = 0, quoting: str = "mboxrd") -> Iterator[Extent]:
    """The messages of an mbox, or the one message of a file that is none. `file` stands at its octet `at`."""
    first, skipped = _first(file)
    if not first.startswith(b"From "):
        rest = file.read(max(0, limits.REPORT_OCTETS + 1 - len(skipped) - len(first)))
        raw = skipped + first + rest
        if raw:
            yield Extent(at, at + len(raw), raw if len(raw) <= limits.REPORT_OCTETS else None, in_mbox=False)
        return
    reading = _Reading(at + len(skipped), first, _QUOTES[quoting])
    empty = (b"\n", b"\r\n") if first.endswith(b"\r\n") else (b"\n",)
    behind_empty, inside, waiting = False, not first.endswith(b"\n"), b""  # `waiting` may be a From line
    for line in iter(lambda: file.readline(_PIECE), b""):
        if waiting:
            if _DATE.match(waiting) or _FIELD.match(line):
                yield reading.ended(empty)
                reading = _Reading(reading.end, waiting, _QUOTES[quoting])
            else:
                reading.add(waiting, inside=False)
            waiting = b""
        if behind_empty and not inside and line.startswith(b"From "):
            waiting = line
        else:
            reading.add(line, inside)
        behind_empty, inside = not inside and line in empty, not line.endswith(b"\n")
    if waiting:
        reading.add(waiting, inside=False)
    yield reading.ended(empty)


class _Reading:
    """The message of an mbox that is being read."""

    def __init__(self, begin: int, from_line: bytes, quotes: re.Pattern[bytes]) -> None:
        self.begin = begin
        self.end = begin + len(from_line)
        self._quotes = quotes
        self._text = bytearray()
        self._whole = True

    def add(self, line: bytes, inside: bool) -> None:
        """The next line, or a piece of one where it is `inside` a line."""
        self.end += len(line)
        if not inside and line.startswith(b">") and self._quotes.match(line):
            line = line[1:]
        if self.end - self.begin > limits.REPORT_OCTETS:
            self._whole = False
            self._text.clear()
        if self._whole:
            self._text += line

    def ended(self, empty: tuple[bytes, ...]) -> Extent:
        """The message, without the empty line that ends it."""
        text: bytes | bytearray = self._text
        for line in reversed(empty):
            if text == line or text.endswith(b"\n" + line):
                text = text[: -len(line)]
                break
        return Extent(self.begin, self.end, bytes(text) if self._whole else None)


def _first(file: BinaryIO) -> tuple[bytes, bytes]:
    """The first line that is not empty, and what stands before it."""
    skipped = bytearray()
    for line in iter(lambda: file.readline(_PIECE), b""):
        if line.strip(b"\r\n") or len(skipped) > limits.REPORT_OCTETS:
            return line, bytes(skipped)
        skipped += line
    return b"", bytes(skipped)


# --- folders -------------------------------------------------------------------------------------------------------


def _below(top: str) -> Iterator[Place]:
    """The folder, and those in it. Links are not followed: they may lead round in a circle, or to others' mail."""
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            with os.scandir(path) as entries:
                found = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        except OSError:
            found = {}  # the reading of it says why
        folders = sorted(name for name, is_folder in found.items() if is_folder)
        files = [name for name, is_folder in found.items() if not is_folder]
        if "cur" in folders and "new" in folders:
            yield Place(path, "maildir")
            continue
        shown = _shown(files)
        is_mh = ".mh_sequences" in files or (shown and all(map(_is_number, shown)))
        yield Place(path, "mh" if is_mh else "folder")
        waiting += [os.path.join(path, name) for name in reversed(_shown(folders))]


def _shown(names: Iterable[str]) -> list[str]:
    return [name for name in names if name[:1] not in (".", ",", "#")]


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _names(place: Place) -> list[str]:
    """The files of a folder that are messages, or mboxes, in their order. OSError."""
    match place.kind:
        case "maildir":
            names = [f"{sub}/{name}" for sub in ("new", "cur") for name in _shown(os.listdir(f"{place.path}/{sub}"))]
            return sorted(names, key=_unique)
        case "mh":
            return sorted(filter(_is_number, os.listdir(place.path)), key=lambda name: (int(name[:18]), name))
        case _:
            with os.scandir(place.path) as entries:
                return sorted(_shown(entry.name for entry in entries if entry.is_file(follow_symlinks=False)))


def _unique(name: str) -> str:
    """What stays of a name in a Maildir when the message is read and flagged (maildir(5))."""
    return name.partition("/")[2].partition(":")[0]


def _files(place: Place, at: int, quoting: str) -> Iterator[tuple[int, Item]]:
    """The messages of a folder from its file `at` on."""
    seen: set[str] = set()
    position = 0
    for turn in range(_ROUNDS if place.kind == "maildir" else 1):
        try:
            names = [name for name in _names(place) if _unique(name) not in seen or place.kind != "maildir"]
        except OSError as failed:
            yield position, Item(place.path, b"", 0, f"it cannot be read: {failed.strerror}")
            return
        for name in names:
            position += 1
            if position <= at and not turn:
                seen.add(_unique(name))
                continue
            path = os.path.join(place.path, name)
            try:
                if place.kind == "folder":
                    last: Item | None = None  # of the file, which is done with when that is
                    for _, item in _opened(path, 0, quoting, os.O_NOFOLLOW):
                        if last is not None:
                            yield position - 1, last
                        last = item
                    if last is not None:
                        yield position, last
                else:
                    yield position, _one(path)
            except FileNotFoundError:
                continue  # read or flagged meanwhile, and so renamed: the next turn finds it
            except OSError as failed:
                yield position, Item(path, b"", 0, f"it cannot be read: {failed.strerror}")
            seen.add(_unique(name))


def _one(path: str) -> Item:
    """The message that a file is. OSError."""
    with _open(path, os.O_NOFOLLOW) as file:
        raw = file.read(limits.REPORT_OCTETS + 1)
    if len(raw) > limits.REPORT_OCTETS:
        return Item(path, b"", len(raw), _too_large())
    return Item(path, raw, len(raw))


def _file(path: str, at: int, quoting: str) -> Iterator[tuple[int, Item]]:
    """The messages of a file that was named, from octet `at` on."""
    try:
        yield from _opened(path, at, quoting)
    except OSError as failed:
        yield at, Item(path, b"", 0, f"it cannot be read: {failed.strerror}")


def _opened(path: str, at: int, quoting: str, flags: int = 0) -> Iterator[tuple[int, Item]]:
    """The messages of a file. OSError."""
    with _open(path, flags) as file:
        if at:
            file.seek(at)
        for one in split(file, at, quoting):
            name = f"{path}:{one.begin}" if one.in_mbox else path
            yield one.end, Item(name, one.raw or b"", one.end - one.begin, "" if one.raw is not None else _too_large())


def _open(path: str, flags: int = 0) -> contextlib.AbstractContextManager[BinaryIO]:
    """The message or mbox in a file, for reading. What a folder has is not followed (O_NOFOLLOW), and no FIFO in it
    holds us. OSError."""
    if path == STDIN:
        return contextlib.nullcontext(sys.stdin.buffer)
    fd = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC | (flags and flags | os.O_NONBLOCK))
    if flags and not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no file")
    file = io.BufferedReader(io.FileIO(fd), _PIECE)
    if not stored.packing(file.peek()):
        return file
    with file:
        try:
            return io.BytesIO(stored.whole(file.read(limits.REPORT_OCTETS + 1)))
        except (stored.Broken, TryAgain) as failed:
            raise OSError(errno.EIO, str(failed)) from failed


def _looks(place: Place) -> str:
    """What changes when something is put into it, or taken out; "" where that is not known."""
    if place.path == STDIN:
        return ""
    paths = [f"{place.path}/{sub}" for sub in ("new", "cur")] if place.kind == "maildir" else [place.path]
    try:
        states = [os.stat(path) for path in paths]
    except OSError:
        return ""
    if place.kind == "file" and not stat.S_ISREG(states[0].st_mode):
        return ""
    return " ".join(f"{s.st_dev}:{s.st_ino}:{s.st_mtime_ns}:{s.st_size}" for s in states)


def _too_large() -> str:
    return f"it has more than {limits.REPORT_OCTETS} octets"
