"""A Maildir as it is now: its folders, and the names in those that have changed.

A folder is a directory `.name` (Maildir++) with a `cur`, or the Maildir itself, "". It is listed only if the time of
its `new` or `cur` (st_ctime) is another one than last time: nothing comes or goes without changing that, and nobody
can set it back. A time that is not over yet (recall.settled) is not relied on. new/ is listed before cur/, into which
readers move what is in it.

In:    the root of the Maildir.
Out:   Folder, for each one; the base and the path of each message in one.
Fails: OSError where the Maildir is not there or cannot be listed: nothing is known then, and nothing has moved.
       PermissionError of a single folder, likewise.
"""

from __future__ import annotations

import os
import time

from mdafilter.recall import settled
from mdafilter.train.folders import base
from mdafilter.values import Value

PARTS = ("new", "cur")


class Folder(Value):
    """A folder: the inode of its cur/, by which it is known under another name; `marks`, the times of new/ and cur/."""

    inode: int
    marks: str  # "" is one that may still change without being seen


def directory(root: str, folder: str) -> str:
    """Where a folder is."""
    return f"{root}/.{folder}" if folder else root


def folders(root: str) -> dict[str, Folder]:
    """All folders by their Maildir++ names."""
    found = {"": _folder(root)}
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".") and entry.name not in (".", "..")]
    for name in names:
        try:
            found[name[1:]] = _folder(f"{root}/{name}")
        except (FileNotFoundError, NotADirectoryError):
            continue  # no folder, or one that was removed just now
        except PermissionError:
            found[name[1:]] = Folder(-1, "")  # it is there; to list it fails, too
    return found


def _folder(path: str) -> Folder:
    now = time.time_ns()
    cur = os.stat(f"{path}/cur")
    times = [cur.st_ctime_ns]
    try:
        times.append(os.stat(f"{path}/new").st_ctime_ns)
    except FileNotFoundError:
        times.append(1)  # made with the first delivery
    quiet = all(settled(each, now) for each in times)
    return Folder(cur.st_ino, f"{times[0]}:{times[1]}" if quiet else "")


def messages(root: str, folder: str) -> dict[str, str]:
    """The messages of a folder: base to path in the folder ("cur/..."). Of two names with one base one counts."""
    where = directory(root, folder)
    found: dict[str, str] = {}
    for part in PARTS:
        try:
            names = os.listdir(f"{where}/{part}")
        except FileNotFoundError:
            continue  # none there; where the folder has gone, so have its messages
        for name in names:
            if not name.startswith("."):
                found[base(name)] = f"{part}/{name}"
    return found


def trace(path: str) -> str:
    """What a file keeps when it gets another name, and shares with its hard links; "" of what is no file. OSError."""
    import stat

    state = os.lstat(path)
    if not stat.S_ISREG(state.st_mode):
        return ""
    return f"{state.st_dev}:{state.st_ino}:{state.st_size}:{state.st_mtime_ns}"
