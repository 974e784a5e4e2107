"""Calls that fail: the system calls of a delivery, counted, each of which can be made to fail or to be the last one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from mdafilter.files import CALLS, Calls

NAMES = [n for n in dir(Calls) if not n.startswith("_")]
CLEANING = ("close",)  # what the kernel does for a process that is killed, and what never fails without having closed


class Killed(BaseException):
    """SIGKILL: no call has an effect any more, and no `except Exception` sees it."""


class Faulty(Calls):
    """Real calls. `fails(number, name)`, asked before each of them, gives the errno to fail with, or None.

    A call after which the process is dead is `last`: from then on every call raises Killed. `half` makes a failing
    write leave half of the message in the file, as a full disk does. Descriptors are closed by `bury`. Where folders are
    `apart`, each is a file system of its own, and no hard link leads from one to another.
    """

    apart = False

    def __init__(
        self, fails: Callable[[int, str], int | None] = lambda _n, _c: None, *, last: int = 0, half: bool = False
    ) -> None:
        self.fails = fails
        self.last = last
        self.half = half
        self.made: list[str] = []
        self.failed: list[str] = []
        self.fds: set[int] = set()
        for name in NAMES:
            setattr(self, name, self._wrapped(name))

    def _wrapped(self, name: str) -> Callable[..., Any]:
        real = getattr(CALLS, name)

        def call(*args: Any, **named: Any) -> Any:
            if self.last and len(self.made) >= self.last:
                raise Killed
            self.made.append(name)
            error = self.fails(len(self.made), name)
            if error is not None:
                self.failed.append(name)
                if name == "close":
                    self._track(name, args, real(*args, **named))
                if name == "pour" and self.half:
                    os.write(args[1], b"X-Stage: half a mess")
                if name == "write" and self.half:
                    os.write(args[0], bytes(args[1])[: len(args[1]) // 2])
                raise OSError(error, os.strerror(error))
            if name == "link" and self.apart and _folder(args[0]) != _folder(args[1]):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            return self._track(name, args, real(*args, **named))

        return call

    def _track(self, name: str, args: tuple[Any, ...], result: Any) -> Any:
        if name in ("open", "dup"):
            self.fds.add(result)
        if name == "close":
            self.fds.discard(args[0])
        return result

    def bury(self) -> None:
        """What the kernel does with the descriptors, and so the locks, of a dead process."""
        for fd in self.fds:
            os.close(fd)
        self.fds.clear()


def _folder(path: str) -> str:
    """Of a file in its tmp/, new/ or cur/."""
    return os.path.dirname(os.path.dirname(path))


def nth(number: int, error: int) -> Callable[[int, str], int | None]:
    """Only the call of that number fails."""
    return lambda n, _name: error if n == number else None


def from_nth(number: int, error: int) -> Callable[[int, str], int | None]:
    """That call and all after it that write fail: a filesystem that has become read-only or full."""
    writing = ("pour", "write", "link", "rename", "unlink", "mkdir", "fsync", "open", "utime")
    return lambda n, name: error if n >= number and name in writing else None
