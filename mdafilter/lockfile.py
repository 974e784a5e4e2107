"""A lock file, as other programs make it: it is there while somebody works (lockfile(1), procmailrc(5)).

open(2) with O_EXCL makes it, so of two programs only one has it. A lock file older than limits.LOCK_STALE has nobody
behind it any more (procmailrc(5), LOCKTIMEOUT), and is taken away.

In:    its path, and until when (time.monotonic) it is waited for.
Out:   LockFile, for a `with`: whether there is one; where none can be made (/var/mail belongs to root) others have none
       either. `left` says, in the end, that it could not be taken away.
Fails: TryAgain for a lock that nobody gives up; OSError.
Bugs:  a SIGKILL leaves it behind, and others wait until it is stale.
"""

from __future__ import annotations

import os
import time

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.files import remove
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.files import Calls

WAIT = 0.1  # seconds between two tries


class LockFile:
    """One lock file. "" as its path is none."""

    def __init__(self, calls: Calls, path: str, until: float) -> None:
        self.calls = calls
        self.path = path
        self.until = until
        self.held = False
        self.left = ""

    def __enter__(self) -> bool:
        while self.path and not self.held:
            try:
                fd = self.calls.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                self._unstale()
                wait(self.until, f"{self.path} is there: another program is at work")
            except (PermissionError, FileNotFoundError):  # there is no such folder
                return False
            else:
                self.held = True
                try:
                    self.calls.close(fd)
                except OSError:
                    pass  # the file is there, and closed in any case (close(2)): that is all that it is for
        return self.held

    def __exit__(self, *_failed: object) -> None:
        gone = not self.held or remove(self.calls, self.path) or remove(self.calls, self.path)  # tried twice
        self.held = False
        if not gone:
            self.left = f"{self.path} could not be removed: others wait until it is stale"

    def _unstale(self) -> None:
        """Takes away a lock that is too old to have anybody behind it."""
        try:
            if time.time() - self.calls.lstat(self.path).st_mtime > limits.LOCK_STALE:
                self.calls.unlink(self.path)
        except OSError:
            pass  # gone, or not ours to remove: it is waited for


def wait(until: float, why: str) -> None:
    """A moment, if there is any left; TryAgain."""
    if time.monotonic() > until:
        raise TryAgain(why, "4.2.0")
    time.sleep(WAIT)
