"""The time that one delivery may take: limits.DELIVERY_SECONDS, by the clock, and then it is tried again.

Postfix bounces what takes longer than its command_time_limit. So a delivery that hangs, in a system call too, is ended
well before: by SIGALRM (setitimer(2), ITIMER_REAL), whose handler raises where the program just is. A process that
delivers many messages sets it anew for each; between them there is neither a timer nor a handler of ours.

    with Alarm():
        ...

Fails: TryAgain (4.4.2) inside, when the time is up. Once, so that nothing interrupts the undoing.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class Alarm:
    """In force inside of `with`; what was in force before is so again behind it."""

    def __init__(self, seconds: float = limits.DELIVERY_SECONDS) -> None:
        self.seconds = seconds
        self._running = False

    def __enter__(self) -> Self:
        import _signal  # type: ignore[import-not-found]

        self._running = True
        self._before = _signal.signal(_signal.SIGALRM, self._late)
        _signal.setitimer(_signal.ITIMER_REAL, self.seconds)
        return self

    def __exit__(self, *_exception: object) -> None:
        import _signal

        self._running = False  # a signal that is on its way hits nobody
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        _signal.signal(_signal.SIGALRM, self._before)

    def _late(self, _number: int, _frame: object) -> None:
        if self._running:
            raise TryAgain(f"took longer than {self.seconds:g} s", "4.4.2")
