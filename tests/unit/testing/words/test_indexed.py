"""Numbered texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.errors import RuleErrors
from mdafilter.testing.words.indexed import chosen
from tests.support.rehearsal import rehearse
from tests.support.sieve import line


@pytest.mark.parametrize(("index", "found"), [(0, ["a", "b"]), (1, ["a"]), (2, ["b"]), (3, [])])
def test_all_or_the_nth(index: int, found: list[str]) -> None:
    assert chosen(["a", "b"], index) == found


def test_none_is_the_noughth(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors) as raised:
        rehearse(tmp_path, 'if test_error :index 0 "x" { }')
    assert [line(problem).partition(" ")[2] for problem in raised.value.problems] == [
        ":index 0 is nothing | the first one is 1"
    ]
