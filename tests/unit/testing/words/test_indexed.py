"""Numbered texts."""

from __future__ import annotations

import pytest

from mdafilter.testing.words.indexed import chosen


@pytest.mark.parametrize(("index", "found"), [(0, ["a", "b"]), (1, ["a"]), (2, ["b"]), (3, [])])
def test_all_or_the_nth(index: int, found: list[str]) -> None:
    assert chosen(["a", "b"], index) == found
