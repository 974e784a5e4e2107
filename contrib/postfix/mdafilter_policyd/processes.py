"""Several processes on the same sockets: forked from one that only watches over them.

TERM and INT end all of them, HUP reaches all of them. One that dies is replaced, at most one in a second. When the
parent has gone, in whatever way, the others end by themselves: each reads from a pipe that the parent alone can write
to.

In:    how many, and what each does; it gets its number, and the pipe.
Out:   when all have ended: 0.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from mdafilter_policyd.log import Log

PAUSE = 1.0  # seconds, before one that has died is replaced


class Processes:
    """The parent's view."""

    def __init__(self, count: int, start: Callable[[int, int], None], log: Log) -> None:
        self._count = count
        self._start = start
        self._log = log
        self._numbers: dict[int, int] = {}  # by process id
        self._ending = False

    def run(self) -> int:
        """Until TERM or INT, and the end of all."""
        ours, theirs = os.pipe()  # ours stays with the children, as the end to read from
        signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        for each in signals:
            signal.signal(each, self._pass_on)
        # A signal between a fork and the note of it would miss that child: it comes afterwards.
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        for number in range(self._count):
            self._fork(number, ours, theirs)
        while self._numbers:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            pid, status = os.waitpid(-1, 0)
            ended = self._numbers.pop(pid, None)
            if not self._ending:
                self._log.process_ended(pid, os.waitstatus_to_exitcode(status))
                time.sleep(PAUSE)
            signal.pthread_sigmask(signal.SIG_BLOCK, signals)
            if ended is not None and not self._ending:
                self._fork(ended, ours, theirs)
        return 0

    def _fork(self, number: int, ours: int, theirs: int) -> None:
        pid = os.fork()
        if pid:
            self._numbers[pid] = number
            return
        code = 1
        try:
            os.close(theirs)
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it can do something about it
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
            self._start(number, ours)
            code = 0
        except Exception as failed:  # noqa: BLE001 - the parent starts another one; mail waits meanwhile, or goes on
            self._log.warn(f"{type(failed).__name__}: {failed}")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._ending = self._ending or number != signal.SIGHUP
        for pid in list(self._numbers):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # it has ended, and this came before the note of it
