"""Many things on all cores: each once, in order, whatever becomes of the processes."""

from __future__ import annotations

import os
import signal
import time
from itertools import islice

import pytest

from mdafilter.refiling import crew


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("many", [0, 1, 64, 65, 1000, 300_000])
def test_each_once_and_in_order(many: int, count: int) -> None:
    assert list(crew.each(range(many), lambda n: (n, "x"), count)) == [(n, "x") for n in range(many)]


def test_they_are_several_processes() -> None:
    def slowly(_number: int) -> int:
        time.sleep(0.001)
        return os.getpid()

    assert len(set(crew.each(range(1000), slowly, 3))) == 3
    assert crew.cores() >= 1


def test_texts_of_any_kind_come_back() -> None:
    wanted = ["\udcff", "\0", "ä" * 100_000, ("a", ("b", 1))]
    assert list(crew.each(range(100), lambda _n: wanted, 2)) == [wanted] * 100


def test_a_process_that_is_killed_is_told_of() -> None:
    def work(number: int) -> int:
        if number == 500:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(OSError, match="was killed"):
        list(crew.each(range(1000), work, 2))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_who_does_not_want_the_rest_leaves_no_process() -> None:
    found = crew.each(range(100_000), lambda n: n, 2)
    assert list(islice(found, 3)) == [0, 1, 2]
    found.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
