"""Whether something takes time in proportion to its size, on a machine that is slow or does other things as well."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BOUND = 0.5  # seconds of processor time that hostile input may take
_RUNS = 10


def quick(work: Callable[[], object]) -> bool:
    """Whether the quickest of a few runs stays below the bound; no more runs once one does."""
    least = float("inf")
    for _ in range(_RUNS):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
        if least < BOUND:
            break
    return least < BOUND
