"""Real processes for crash tests: children of the test that do one thing and end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable


def child(work: Callable[[], int]) -> int:
    """Forks; the child ends with what `work` returns (99 for an exception), as a door does: at once. Returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os._exit(work())
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(99)


def status(pid: int) -> int:
    """The exit status of a child, -9 for SIGKILL."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def pause(seconds: float) -> None:
    """Waits without sleeping: sleep(2) is too coarse for moments within a millisecond."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass
