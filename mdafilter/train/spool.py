"""The spool: the folder of reports that wait to be learned. This is the learner's side; door.py puts them in.

    drwx-ws-wt  learner  learner  /var/spool/mdafilter/train     3733: all can put in, none can list or take others' out
    -rw-r-----  bob      learner  01790000000123456789.4711.0f3a8c...

Everything in it was put there by somebody who is not trusted. A file is opened without following a link, and without
waiting (O_NOFOLLOW, O_NONBLOCK); it must be a regular file with one name, and of a size that fits. What is no report is
taken out, with who put it there: nobody loses a message by that. A report of a newer version, and one that cannot be
read (EACCES: the folder is not setgid), stays. Who put a report there, and when, is what the file system says (st_uid,
st_ctime); nothing in the file can change it.

In:    the folder.
Out:   Reports, oldest first, but one of each owner in turn: ten thousand of one user do not stop the other's. `finish`
       takes one out, when the ledger has its result.
Fails: OSError where the folder cannot be listed. A single file that cannot be had is a Broken.
"""

from __future__ import annotations

import os
import stat
import time
from itertools import chain, zip_longest

from mdafilter import limits
from mdafilter.files import CALLS, sync
from mdafilter.train import Report
from mdafilter.train.door import PARTIAL
from mdafilter.train.spoolfile import Newer, Unreadable, decode
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

MODE = 0o3733


class Broken(Value):
    """A file that cannot be learned from. `stays`: it may be one day, and is not to be taken out."""

    id: str
    uid: int
    time: float
    why: str
    stays: bool = False


def names(folder: str) -> tuple[str, ...]:
    """The ids of what waits, in the order in which it is taken."""
    owners: dict[int, list[tuple[int, str]]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                state = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # it has gone: its owner took it back
            if entry.name.startswith(PARTIAL):
                _sweep(entry.path, state)
            else:
                owners.setdefault(state.st_uid, []).append((state.st_ctime_ns, entry.name))
    queues = sorted(sorted(queue) for queue in owners.values())
    return tuple(one[1] for one in chain.from_iterable(zip_longest(*queues)) if one is not None)


def read(folder: str, name: str) -> Report | Broken | None:
    """One report; None where it has gone."""
    path = f"{folder}/{name}"
    try:
        state = os.lstat(path)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            return Broken(name, state.st_uid, state.st_ctime, "it is no file of its own")
        # O_NONBLOCK: a FIFO that has come into its place since does not hold us.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as failed:
        return Broken(name, -1, 0.0, f"it cannot be read: {failed.strerror}", stays=True)
    try:
        state = os.fstat(fd)
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            return Broken(name, state.st_uid, state.st_ctime, "it is no file of its own")
        if state.st_size > limits.REPORT_OCTETS:
            return Broken(name, state.st_uid, state.st_ctime, f"it has {state.st_size} octets, which is too much")
        report = decode(_content(fd, limits.REPORT_OCTETS))
    except Unreadable as wrong:
        return Broken(name, state.st_uid, state.st_ctime, str(wrong), stays=isinstance(wrong, Newer))
    except OSError as failed:
        return Broken(name, state.st_uid, state.st_ctime, f"it cannot be read: {failed.strerror}", stays=True)
    finally:
        os.close(fd)
    return report.replace(id=name, uid=state.st_uid, time=state.st_ctime)


def take(
    folder: str, count: int = limits.REPORTS_AT_ONCE, octets: int = limits.REPORTS_OCTETS
) -> Iterator[Report | Broken]:
    """What waits, in order: at most so many, and so many octets (but one report at least). All of it stays there."""
    taken = 0
    for name in names(folder):
        found = read(folder, name)
        if found is None:
            continue
        octets -= len(found.message) if isinstance(found, Report) else 0
        if taken and octets < 0:
            return
        yield found
        taken += not (isinstance(found, Broken) and found.stays)  # what stays must not be in the way of the others
        if taken >= count:
            return


def finish(folder: str, name: str) -> None:
    """Takes a report out for good. One that has gone is no error."""
    path = f"{folder}/{name}"
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):  # unlink(2) says either of a folder, which is no report
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        _discard(path)
    sync(CALLS, folder)


def make(folder: str, uid: int = -1, gid: int = -1) -> None:
    """Makes the folder with its rights, and those above it that are missing; one that is there gets its rights."""
    parent = os.path.dirname(folder)
    _reach(parent)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(fd, uid, gid)
        os.fchmod(fd, MODE)
    finally:
        os.close(fd)
    sync(CALLS, parent)


def _reach(folder: str) -> None:
    """Makes the folder, and those above it, where they are missing: for all to go through, whatever the umask is."""
    if os.path.isdir(folder):
        return
    _reach(os.path.dirname(folder))
    try:
        os.mkdir(folder)
    except FileExistsError:
        return  # another one made it just now; or it is no folder, which the next call says
    os.chmod(folder, 0o755)


def _content(fd: int, most: int) -> bytes:
    """The file as it is now; somebody who writes to it meanwhile cuts his own report."""
    got = []
    while most > 0 and (chunk := os.read(fd, min(most, 1024 * 1024))):
        got.append(chunk)
        most -= len(chunk)
    return b"".join(got)


def _sweep(path: str, state: os.stat_result) -> None:
    """Removes what a killed door left; nobody was told that it is a report."""
    if time.time() - state.st_ctime < limits.STALE_TMP_SECONDS:
        return
    try:
        os.unlink(path)
    except OSError:
        return  # a folder, or gone: it is no report in any case


def _discard(path: str) -> None:
    """Moves away a folder that somebody made in the spool: its name is one that no learner looks at."""
    os.rename(path, f"{os.path.dirname(path)}/{PARTIAL}{os.urandom(8).hex()}")
