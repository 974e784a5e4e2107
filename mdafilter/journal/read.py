"""Reads journals back, newest fact first: for `why` and `report`. Not on the delivery path.

In:    the path of a journal; the files that it was rotated into are read after it. Any octets at all: a line that was
       cut off, or is none of ours, is skipped, and a whole one that follows a piece in the same line is found.
Out:   Entry and Event values. Members of a newer version that are not known here are ignored; a member that has the
       wrong type is as if it were missing.
Memory: one window of limits.WINDOW and one line at a time.
Fails: OSError for a file that is there and cannot be read.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.journal import Entry, Event, Filed, Score, default_path
from mdafilter.journal.line import CUT, START
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_LONGEST = 16 * limits.JOURNAL_LINE  # what is longer between two newlines is no journal, and is skipped


def places(environ: Mapping[str, str], home: str) -> tuple[str, ...]:
    """Where a user's journal may be: Postfix starts deliveries without the XDG_STATE_HOME that a shell may have."""
    return tuple(dict.fromkeys((default_path(environ, home), default_path({}, home))))


def files(path: str) -> tuple[str, ...]:
    """The journal and what it was rotated into, as far as they exist, newest first."""
    folder, name = os.path.split(path)
    try:
        found = os.listdir(folder or ".")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    older = [int(n[len(name) + 1 :]) for n in found if n.startswith(f"{name}.") and _is_number(n[len(name) + 1 :])]
    return ((path,) if name in found else ()) + tuple(f"{path}.{number}" for number in sorted(older))


def facts(path: str) -> Iterator[Entry | Event]:
    """All facts of a journal, newest first."""
    for line in lines(path):
        yield from reversed(tuple(parse(line)))


def lines(path: str) -> Iterator[bytes]:
    """All lines of a journal, newest first: for who can tell from the octets which of them are worth parsing."""
    for fd in _opened(path):
        with open(fd, "rb", buffering=0):
            yield from _lines_backwards(fd)


def parse(line: bytes) -> Iterator[Entry | Event]:
    """The facts in one line: one, or none, or those that stand behind a piece of a line."""
    import json

    for piece in line.split(START)[1:]:
        try:
            members = json.loads(START + piece)
        except (ValueError, RecursionError):
            continue  # a piece of a line; the message that it told of is where the mail log says
        if isinstance(members, dict) and (fact := _fact(members)) is not None:
            yield fact


def same_id(entry: Entry | Event, message_id: str) -> bool:
    """Whether it tells of the message with this Message-ID, with or without its <>; or with this queue id."""
    wanted, found = _bare(message_id), entry.message_id
    if found.endswith(CUT):
        return wanted.startswith(_bare(found[: -len(CUT)]))
    return wanted != "" and wanted in (_bare(found), entry.id)


def _bare(message_id: str) -> str:
    return message_id.strip().removeprefix("<").removesuffix(">")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _is_finite(value: object) -> bool:
    """Whether it is a number that a time, a size or a score can have; JSON's parser makes NaN and Infinity too."""
    return isinstance(value, int | float) and -1e18 < value < 1e18


def _opened(path: str) -> Iterator[int]:
    """Descriptors, newest first, all opened at once: a file that is renamed meanwhile is read, and only once."""
    opened: dict[tuple[int, int], int] = {}
    for name in files(path):
        try:
            fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            continue  # renamed between the listing and now: its lines are in the next one
        found = os.fstat(fd)
        if (found.st_dev, found.st_ino) in opened:
            os.close(fd)
        else:
            opened[found.st_dev, found.st_ino] = fd
    yield from opened.values()


def _lines_backwards(fd: int) -> Iterator[bytes]:
    """The lines of a file, last one first, without their newlines."""
    end = os.fstat(fd).st_size
    pieces: list[bytes] = []  # of the line whose beginning is not read yet, last one first
    while end > 0:
        start = max(0, end - limits.WINDOW)
        first, *others = os.pread(fd, end - start, start).split(b"\n")
        if others:
            yield from _joined([*pieces, others[-1]])
            yield from reversed(others[:-1])
            pieces = []
        del pieces[:-2]  # two windows are longer than any line of ours, and are known as such when its beginning comes
        pieces.append(first)
        end = start
    yield from _joined(pieces)


def _joined(pieces: list[bytes]) -> Iterator[bytes]:
    """The line of these pieces (last one first); none if it is longer than any line of ours."""
    if sum(map(len, pieces)) <= _LONGEST:
        yield b"".join(reversed(pieces))


def _fact(members: dict[str, Any]) -> Entry | Event | None:
    if not _is_finite(members.get("time")):
        return None
    if isinstance(members.get("event"), str):
        return Event(**{"text": "", **_fields(members, Event)})
    fields = _fields(members, Entry)
    fields["acts"] = tuple(Filed(**_fields(m, Filed)) for m in _objects(members.get("acts")) if m.get("action"))
    score = members.get("score")
    fields["score"] = Score(**{**_NO_SCORE, **_fields(score, Score)}) if isinstance(score, dict) else None
    return Entry(**fields)


_NO_SCORE = {"scorer": "", "score": 0.0, "threshold": 0.0, "spam": False}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _fields(members: dict[str, Any], cls: type[Entry | Event | Filed | Score]) -> dict[str, Any]:
    """The members that are fields of the class and have the right type."""
    out: dict[str, Any] = {}
    for name, kind in _KINDS[cls].items():
        match kind, members.get(name):
            case "tuple[str, ...]", list() as items:
                out[name] = tuple(item for item in items if isinstance(item, str))
            case ("str", str() as value) | ("bool", bool() as value):
                out[name] = value
            case (("int" | "float"), int() | float() as number) if _is_finite(number):
                out[name] = int(number) if kind == "int" else float(number)
    return out


_KINDS: dict[type, dict[str, str]] = {cls: dict(cls.__annotations__) for cls in (Entry, Event, Filed, Score)}
