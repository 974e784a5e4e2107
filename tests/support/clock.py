"""Whether work grows in proportion to its input, on any machine: no seconds are compared with anything but seconds.

An input is compared with its own beginning: its first eighth takes an eighth of the time, give or take SLACK. What is
quadratic takes a sixty-fourth, and is found. Only minima of several runs count, of the processor time of this process,
so that a machine that does other things as well changes nothing.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Input = TypeVar("Input", bytes, str)

EIGHTH = 8
SLACK = 3  # how many times dearer an octet of the whole may be than one of the beginning
FLOOR = 0.001  # seconds: a beginning that takes less is no measure
RUNS = 10


def linear(work: Callable[[Input], object], whole: Input) -> bool:
    """Whether the whole input costs what its beginning lets one expect; no more runs once it does."""
    beginning = whole[: len(whole) // EIGHTH]
    least_small = least_large = float("inf")
    for _ in range(RUNS):
        least_small = min(least_small, _seconds(work, beginning))
        least_large = min(least_large, _seconds(work, whole))
        if least_large <= SLACK * EIGHTH * max(least_small, FLOOR):
            return True
    return False


def _seconds(work: Callable[[Input], object], value: Input) -> float:
    gc.disable()  # when it runs is chance, and how long it takes depends on all other tests
    try:
        start = time.process_time()
        work(value)
        return time.process_time() - start
    finally:
        gc.enable()
