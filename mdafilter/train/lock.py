"""The lock of a state folder: there is one learner at a time, and no undo beside it.

It is flock(2)'s, so that it ends with whoever holds it; sa-learn, which the learner starts, holds it while it runs.

In:    the folder.
Out:   a Lock, for a `with`.
Fails: Busy where another one holds it and it is not to be waited for; OSError.
"""

from __future__ import annotations

import fcntl
import os

from mdafilter.errors import MdafilterError


class Busy(MdafilterError):
    """Another learner is at work."""


class Lock:
    """The one learner of a state folder: for a `with`. `fd` is to be held by programs that the learner starts."""

    def __init__(self, state: str, *, wait: bool = False) -> None:
        self.fd = os.open(f"{state}/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.fd)
            raise Busy(f"{state}/lock: another learner is at work, or a sa-learn that it has started") from None

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_failed: object) -> None:
        os.close(self.fd)
