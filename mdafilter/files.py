"""Files that are whole or are not there: the only place that knows temp file, write, fsync, link, rename and undo.

A file that is to appear in a directory is written as a Draft in a tmp/ directory, under a name that follows from the
message (so that a later try of the same message finds it), then linked to its place, and the directory is fsynced.
The draft's own name stays until the whole delivery is done: its inode tells a retry after a SIGKILL how far this try
came (two links: it was in place; one link: it was not). link(2), not rename(2), is what makes that possible, and it
never replaces a file. A large message that no rule changed need not be written again: the nameless file into which it
came becomes the draft by link(2), whole from its first moment; and so does an empty one that was made ahead (spare.py).
A directory on a filesystem without hard links gets rename(2), and a retry there knows nothing. Where the same octets go
to several directories, the draft of the first is that of the others, too, under a second name in their tmp/: they are
written and fsynced once.

All system calls go through a Calls object, so that a test can make each of them fail, or be the last one, in turn.

In:    paths; a Pourable (a Message) that writes itself to a descriptor.
Out:   Draft; functions on names and directories: claim, sync, make, touch, remove, sweep.
Fails: OSError as the kernel gives it (ENOSPC, EDQUOT, EIO, EFBIG, EROFS, EACCES, EMFILE ...). A failed fsync counts as
       a failed write (its pages may be gone). Nothing here decides what a failure means for the message.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

from mdafilter import limits, spare
from mdafilter.values import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SUFFIX = ".mdafilter"  # of every draft: what a killed try left behind is known by it

# link(2) says these where the filesystem cannot do it, and not because something is wrong with the names
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
# the deterministic name is taken by something that is no draft of ours
_NOT_OURS = (errno.EISDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO)
_NO_LOCKS = (errno.EACCES, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
_CLAIMS = 10  # how often a draft's name is tried while other deliveries of the same message come and go


class Pourable(Protocol):
    """What can write itself to a descriptor; returns the octets written. `nameless` is a file that holds just that."""

    @property
    def nameless(self) -> int | None: ...

    def write_to(self, fd: int) -> int: ...


def _pour(source: Pourable, fd: int) -> int:
    return source.write_to(fd)


def _name(fd: int, path: str) -> None:
    """Gives a file without a name one, as linkat(2) tells; beside an absolute path the directory is ignored."""
    os.link(f"/proc/self/fd/{fd}", path, src_dir_fd=fd, follow_symlinks=True)


def _scan(path: str) -> os._ScandirIterator[str]:
    return os.scandir(path)


class Calls:
    """The system calls of a delivery. A test passes one whose calls fail."""

    open = staticmethod(os.open)
    dup = staticmethod(os.dup)
    close = staticmethod(os.close)
    flock = staticmethod(fcntl.flock)
    lockf = staticmethod(fcntl.lockf)
    fstat = staticmethod(os.fstat)
    lstat = staticmethod(os.lstat)
    listdir = staticmethod(os.listdir)
    utime = staticmethod(os.utime)
    scandir = staticmethod(_scan)
    pour = staticmethod(_pour)
    write = staticmethod(os.write)
    read = staticmethod(os.read)
    truncate = staticmethod(os.ftruncate)
    chmod = staticmethod(os.fchmod)
    chown = staticmethod(os.fchown)
    fsync = staticmethod(os.fsync)
    link = staticmethod(os.link)
    name = staticmethod(_name)
    pread = staticmethod(os.pread)
    rename = staticmethod(os.rename)
    unlink = staticmethod(os.unlink)
    mkdir = staticmethod(os.mkdir)
    spawn = staticmethod(os.posix_spawnp)


CALLS = Calls()


class Draft:
    """An open, locked file in tmp/. `path` is its name there; `state` is what fstat(2) said when it was claimed.

    `whole`: it is the message already, and only waits to be on the disk. `lent`: it is another name of a draft that was
    claimed before it, and is written with that one; their lock is one, and ends with the last of them.
    """

    def __init__(
        self, calls: Calls, path: str, fd: int, state: os.stat_result, *, whole: bool = False, lent: bool = False
    ) -> None:
        self.whole = whole
        self.lent = lent
        self.calls = calls
        self.path = path
        self.fd = fd
        self.state = state

    @property
    def links(self) -> int:
        return self.state.st_nlink

    def write(self, source: Pourable) -> int:
        """Writes all of it and waits until it is on the disk; returns its size in octets."""
        if self.lent:
            return self.calls.fstat(self.fd).st_size
        size = self.state.st_size if self.whole else self.calls.pour(source, self.fd)
        self.calls.fsync(self.fd)
        return size

    def put(self, place: str, *, contested: bool = False) -> bool:
        """Gives the draft its place as a second name. False: only a rename was possible; its own name is gone.

        `contested`: others may take that name. rename(2) would replace their file: an empty one of ours is there first.
        """
        calls = self.calls
        try:
            calls.link(self.path, place)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if contested:
                calls.close(calls.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            try:
                calls.rename(self.path, place)
            except OSError:
                if contested:
                    remove(calls, place)
                raise
            return False
        return True

    def renew(self) -> None:
        """Keeps the draft from being swept as stale: a retry was here. Its mtime is the mail's, and stays."""
        try:
            self.calls.utime(self.fd, ns=(time.time_ns(), self.state.st_mtime_ns))
        except OSError:
            pass  # the message is in its place; at worst this evidence is swept a day early

    def forget(self) -> None:
        """Removes its name, if that is still its own: without our lock another delivery may have made it anew."""
        try:
            if os.path.samestat(self.calls.lstat(self.path), self.state):
                self.calls.unlink(self.path)
        except OSError:
            pass  # it is swept in a day; no retry comes for what was answered

    def close(self) -> None:
        """Gives up the lock. Never fails for the caller: what was to be durable has been fsynced."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            try:
                self.calls.close(fd)
            except OSError:
                pass  # the content was fsynced before; the descriptor is gone in any case (close(2))


def claim(
    calls: Calls,
    directory: str,
    name: str,
    other: str,
    finished: Callable[[Draft], bool],
    source: Pourable | None = None,
    twins: Sequence[Draft] = (),
) -> Draft:
    """Opens and locks `directory/name`, made if it is not there: the draft of this message.

    If `source`, the message to be written into it, is a file without a name, and can get that one, it is the draft. So
    is the first of the `twins`: drafts of the same octets in other directories, all of which we hold.

    A draft that an earlier try left is shown to `finished`: True, and it is returned as it stands; else it is removed
    and a new one made (never truncated: its inode may be somewhere else as well). A live process that holds the lock is
    waited for: an earlier try may outlive whoever asked for it, and what it left then tells us how it ended. Where it
    takes longer than limits.DRAFT_SECONDS, or locks do not work, `directory/other` is made instead.
    """
    path = f"{directory}/{name}"
    until = time.monotonic() + limits.DRAFT_SECONDS
    for _ in range(_CLAIMS):
        draft = _another(calls, path, twins) or _named(calls, path, source) or _spare(calls, path)
        draft = draft or _locked(calls, path, until)
        if draft is None:
            break
        try:
            if draft.whole or (draft.links == 1 and draft.state.st_size == 0):
                return draft
            if _is_called(calls, path, draft):  # or another process finished while we waited for nothing
                if finished(draft):
                    return draft
                calls.unlink(path)
        except BaseException:
            draft.close()
            raise
        draft.close()
    path = f"{directory}/{other}"
    fd = calls.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return _draft(calls, path, fd)


def _is_called(calls: Calls, path: str, draft: Draft) -> bool:
    try:
        return os.path.samestat(calls.lstat(path), draft.state)
    except FileNotFoundError:
        return False


def _another(calls: Calls, path: str, twins: Sequence[Draft]) -> Draft | None:
    """The first twin under that name as well; None where it cannot be had. What is there stays, and may be a twin."""
    if not twins:
        return None
    fd, found = -1, True
    try:
        twin = next((one for one in twins if _is_called(calls, path, one)), None)
        if twin is None:
            twin, found = twins[0], False
        fd = calls.dup(twin.fd)
        if not found:
            calls.link(twin.path, path)
        return Draft(calls, path, fd, twin.state, whole=not found, lent=True)
    except OSError:
        if fd >= 0:
            calls.close(fd)
        return None  # the name is taken, this is another file system, one without hard links ...: it will be copied


def _named(calls: Calls, path: str, source: Pourable | None) -> Draft | None:
    """The source itself under that name, with its lock; None where it cannot be had. What is there stays."""
    spool = source.nameless if source else None
    if spool is None:
        return None
    fd = -1
    try:
        if calls.fstat(spool).st_nlink:
            return None  # it is a draft in another folder
        fd = calls.open(f"/proc/self/fd/{spool}", os.O_RDWR | os.O_CLOEXEC)  # a lock of its own, gone with the draft
        calls.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # before others can see it
        calls.name(fd, path)
    except OSError:
        if fd >= 0:
            calls.close(fd)
        return None  # the name is taken, this is another file system, there is no /proc ...: it will be copied
    return _draft(calls, path, fd, whole=True)


def _spare(calls: Calls, path: str) -> Draft | None:
    """A file that was made before the message came, under that name; None where there is none, or the name is taken."""
    fd = spare.take(path.rpartition("/")[0])
    if fd < 0:
        return None
    try:
        calls.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # before others can see it
        calls.name(fd, path)
    except OSError:
        calls.close(fd)
        return None  # the directory has gone, or what is under that name is to be looked at first
    return _draft(calls, path, fd)


def _locked(calls: Calls, path: str, until: float) -> Draft | None:
    """The draft of that name with its lock; None where it cannot be had `until` then (time.monotonic)."""
    try:
        fd = calls.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in _NOT_OURS:
            return None
        raise
    try:
        while not _lock(calls, fd):
            if time.monotonic() >= until:
                calls.close(fd)
                return None
            time.sleep(limits.DRAFT_PAUSE)
    except OSError as error:
        calls.close(fd)
        if error.errno in _NO_LOCKS:
            return None
        raise
    return _draft(calls, path, fd)


def _lock(calls: Calls, fd: int) -> bool:
    try:
        calls.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _draft(calls: Calls, path: str, fd: int, whole: bool = False) -> Draft:
    try:
        return Draft(calls, path, fd, calls.fstat(fd), whole=whole)
    except OSError:
        calls.close(fd)
        raise


def ends_with(calls: Calls, fd: int, body: Iterable[bytes], length: int, end: int = -1) -> bool:
    """Whether the file has these `length` octets, which come in pieces, at its end, or before `end`."""
    at = (calls.fstat(fd).st_size if end < 0 else end) - length
    if at < 0:
        return False
    for piece in body:
        if calls.pread(fd, len(piece), at) != piece:
            return False
        at += len(piece)
    return True


def sync(calls: Calls, directory: str) -> None:
    """Waits until the names in the directory are on the disk."""
    fd = calls.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        calls.fsync(fd)
    finally:
        calls.close(fd)


def make(calls: Calls, directory: str) -> bool:
    """Makes the directory for its owner alone; False if it was there. Its parent is not made, and not synced."""
    try:
        calls.mkdir(directory, 0o700)
    except FileExistsError:
        return False
    return True


def touch(calls: Calls, path: str) -> None:
    """Makes an empty file, if it is not there."""
    calls.close(calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def remove(calls: Calls, path: str) -> bool:
    """Removes a name; one that is not there is no error. False: the kernel refused, and the name is still there."""
    try:
        calls.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def sweep(
    calls: Calls,
    directory: str,
    *,
    keep: str,
    now: float,
    ours: float,
    others: float,
    most: int,
    among: Callable[[str], bool] | None = None,
) -> None:
    """Removes what killed deliveries left in a tmp/ directory (maildir(5)), or `among` the names of another one.

    That is: drafts of mdafilter older than `ours` seconds, files of other programs older than `others`, by the last
    access, write or change, whichever is youngest. Looks at `most` names other than `keep`. No delivery lives that
    long, so no lock is asked for.
    """
    try:
        names = calls.listdir(directory)
    except OSError:
        return  # an errand in passing: the delivery itself will meet the same error, and say so
    names = names if among is None else [name for name in names if among(name)]
    for name in names[: most + 1]:
        if name == keep:
            continue
        path = f"{directory}/{name}"
        try:
            state = calls.lstat(path)
            age = now - max(state.st_atime, state.st_mtime, state.st_ctime)
            if age > (ours if name.endswith(SUFFIX) else others):
                calls.unlink(path)
        except OSError:
            continue  # gone, or not to be removed: not our message, and the next sweep looks again
