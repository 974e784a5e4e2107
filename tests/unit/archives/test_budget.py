"""Limits of one message."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.archives.budget import Budget, Past, is_bomb


def test_each_limit_has_its_fact() -> None:
    budget = Budget()
    budget.entries = limits.ARCHIVE_ENTRIES
    with pytest.raises(Past, match="files") as past:
        budget.entry()
    assert past.value.name == "too-many"
    budget = Budget()
    budget.take(limits.ARCHIVE_UNPACKED)
    with pytest.raises(Past) as past:
        budget.take(1)
    assert past.value.name == "too-large"
    budget = Budget()
    budget.seconds = limits.ARCHIVE_SECONDS + 1
    with pytest.raises(Past) as past:
        budget.check()
    assert past.value.name == "too-long"


def test_only_the_time_of_looking_counts() -> None:
    budget = Budget()
    budget.stop()
    assert budget.seconds == 0
    budget.start()
    sum(range(100_000))
    budget.stop()
    spent = budget.seconds
    assert spent > 0
    sum(range(100_000))
    budget.stop()
    assert budget.seconds == spent


def test_declared() -> None:
    budget = Budget()
    assert not budget.declare(-1)
    assert not budget.declare(limits.ARCHIVE_UNPACKED)
    assert budget.declare(1)


def test_a_bomb_is_large_and_was_small() -> None:
    big = limits.ARCHIVE_RATIO_FROM + 1
    assert is_bomb(big, 10)
    assert not is_bomb(big, big // 10)
    assert not is_bomb(100_000, 10)
