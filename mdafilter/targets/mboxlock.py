"""An mbox file, opened and locked as other programs lock it: by FILE.lock, and by fcntl(2).

procmail, Postfix and most readers use both. Where no lock file can be made (/var/mail belongs to root), fcntl alone has
to do. A file that another program put in place of the one that we waited for is opened anew: what is written to a file
without a name is lost.

In:    the path, and until when (time.monotonic) it is waited for. The file is made if it is missing.
Out:   MboxLock, for a `with`: the descriptor, for reading and appending.
Fails: TryAgain for a lock that nobody gives up, and for what is no regular file of this user; OSError.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from mdafilter.errors import TryAgain
from mdafilter.lockfile import LockFile, wait
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.files import Calls


class MboxLock:
    """The locks of one file."""

    def __init__(self, calls: Calls, path: str, until: float) -> None:
        self.calls = calls
        self.path = path
        self.until = until
        self.dotlock = LockFile(calls, f"{path}.lock", until)
        self.fd = -1

    def __enter__(self) -> int:
        self.dotlock.__enter__()
        try:
            self.fd = self._opened()
        except BaseException:
            self.dotlock.__exit__()
            raise
        return self.fd

    def __exit__(self, *_failed: object) -> None:
        try:
            self.calls.close(self.fd)
        except OSError:
            pass  # what was to be durable has been fsynced; the lock is gone in any case (close(2))
        finally:
            self.dotlock.__exit__()

    @property
    def left(self) -> str:
        """What could not be taken away in the end."""
        return self.dotlock.left

    def _opened(self) -> int:
        """The file of that name, with its lock."""
        while True:
            fd = opened(self.calls, self.path)
            try:
                self._lock(fd)
                if self._has_name(fd):
                    return fd
            except BaseException:
                self.calls.close(fd)
                raise
            self.calls.close(fd)
            wait(self.until, f"{self.path} is replaced all the time")

    def _lock(self, fd: int) -> None:
        """fcntl(2), which other hosts see as well."""
        while True:
            try:
                self.calls.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                wait(self.until, f"{self.path} is locked by another program")
            else:
                return

    def _has_name(self, fd: int) -> bool:
        """Whether the path is still that of the file: nobody has moved it away, and made another one."""
        ours = self.calls.fstat(fd)
        try:
            there = self.calls.lstat(self.path)
        except FileNotFoundError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def opened(calls: Calls, path: str) -> int:
    """The file, made if it is missing; TryAgain for what is no regular file of ours."""
    fd = calls.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    try:
        state = calls.fstat(fd)
    except OSError:
        calls.close(fd)
        raise
    if stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() and state.st_nlink <= 1:
        return fd
    calls.close(fd)
    raise TryAgain(f"{path} is no mailbox of this user: a regular file of his own, with one name")
