"""What was loaded is kept in this process for the next message: the settings, and the rules of a delivery.

A worker delivers thousands of messages by the same files. `once` gives what was made of them before, as long as each
file that the making looked at, found or not, is as it was then. It is known which these are because the making looks
through this room alone: `read` for what is in a file, `status` for whose it is and whether it is there,
`names` for what is in a folder. So a change
is seen by the next message, whether a file was written, replaced, removed, or put before another one.

A file that was changed a moment ago is not relied on: a second change in the same tick of the clock would look like
none. What was made of it is made again by the next message, until the file has settled.

Folders whose files are only ever replaced and not written to, as those of an installed program, are looked at as a
whole (`installed`): what is put there or taken away changes the folder.

In:    a key, and how to make what it stands for: a frozen thing, made of nothing but the key and what is read here.
Out:   the thing, made now or before. At most limits.RECALLED are kept; what was asked for longest ago goes first.
Fails: as the making does, and nothing is kept then. A failure that the making has caught is part of what it made.
Known bugs: passwd(5), which says what a user's own group is, is not watched.
"""

from __future__ import annotations

import errno
import os
import time

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    Made = TypeVar("Made")
    Mark: TypeAlias = tuple[int, ...]
    Looks: TypeAlias = dict[str, Mark]

_kept: dict[tuple[object, ...], tuple[Looks, object]] = {}
_looks: list[Looks] = []  # of the makings that go on, the innermost last
_installed: set[str] = set()

# A mark is the number of an error as a negative one, or the numbers that tell a file, as it is, from all others and
# from itself after a change. Who looked at its owner and mode alone has the first ones.
_WHOSE, _ALL = 5, 8
_WHEN = slice(7, 8)  # st_ctime_ns: nobody can set that one back, and every change sets it
_NOTHING = (-errno.ENOENT,)
_CHANGING: Mark = ()  # it was seen twice, and was not the same


def once(key: tuple[object, ...], make: Callable[[], Made]) -> Made:
    """What `make` gives, or gave before for this key if nothing that it looked at has changed."""
    looks, made = _kept.pop(key, (None, None))
    if looks is None or _changed(looks):
        now = time.time_ns()
        _looks.append({})
        try:
            made = make()
        finally:
            looks = _looks.pop()
        if not all(mark and all(settled(when, now) for when in mark[_WHEN]) for mark in looks.values()):
            return made
        if len(_kept) >= limits.RECALLED:
            del _kept[next(iter(_kept))]
    _kept[key] = (looks, made)
    return made  # type: ignore[return-value]


def settled(changed: int, now: int) -> bool:
    """Whether a change after this one, in nanoseconds since the epoch, has another time: the clock has ticked since."""
    fine = changed % 1_000_000_000 != 0
    seconds = min(limits.TICK_SECONDS, limits.SETTLED_SECONDS) if fine else limits.SETTLED_SECONDS
    return changed < now - int(seconds * 1e9)


def _changed(looks: Looks) -> bool:
    return any(_mark(path)[: len(mark)] != mark for path, mark in looks.items())


def installed(folder: str) -> None:
    """The files directly in this folder are replaced, as dpkg and pip do it, and never written to."""
    _installed.add(folder)


def read(path: str, most: int = -1) -> bytes:
    """The first `most` octets of a file, or all. OSError as open(2) gives it."""
    _look(path, _ALL)
    with open(path, "rb") as file:
        return file.read(most)


def names(folder: str) -> list[str]:
    """As os.listdir."""
    _look(folder, _ALL)
    return os.listdir(folder)


def status(path: str) -> os.stat_result:
    """As os.stat, of which a making may use the type, owner, group and mode."""
    _look(path, _WHOSE)
    return os.stat(path)


def there(path: str) -> bool:
    """As os.path.exists."""
    _look(path, _WHOSE)
    return os.path.exists(path)


def _look(path: str, numbers: int) -> None:
    """Notes what is at the path, before it is used: a change in between is one that `once` sees."""
    if not _looks:
        return
    if (folder := os.path.dirname(path)) in _installed:
        path, numbers = folder, _ALL
    mark = _mark(path)[:numbers]
    if mark == _NOTHING:
        path = _highest(path)
    shorter, longer = sorted((_looks[-1].get(path, mark), mark), key=len)
    _looks[-1][path] = longer if longer[: len(shorter)] == shorter else _CHANGING


def _highest(path: str) -> str:
    """The highest folder above that is not there either: one look at it tells of all that is looked for in it."""
    above = os.path.dirname(path)
    return _highest(above) if above and _mark(above) == _NOTHING else path


def _mark(path: str) -> Mark:
    try:
        found = os.stat(path)
    except OSError as failed:
        return (-(failed.errno or 0),)
    except ValueError:  # a name that no file has
        return _NOTHING
    whose = found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_gid
    return (*whose, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
