"""test_error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rehearsal import reason

SCRIPT = 'require "fileinto"; fileintoo "A"; fileinto;'


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        (':contains "fileintoo"', True),
        (':index 1 :contains "fileintoo"', True),
        (':index 2 :contains "fileintoo"', False),
        (':index 9 :contains ""', False),
        (':count "eq" :comparator "i;ascii-numeric" "3"', True),
        (':index 3 :is "validation failed"', True),
    ],
)
def test_of_a_compile(tmp_path: Path, test: str, holds: bool) -> None:
    text = f'if test_script_compile "s.sieve" {{ }} if {"not " * holds}test_error {test} {{ test_fail "no"; }}'
    assert reason(tmp_path, text, s=SCRIPT) is None


def test_a_word_that_nobody_knows_counts_once(tmp_path: Path) -> None:
    text = 'if test_script_compile "s.sieve" { } if not test_error :count "eq" :comparator "i;ascii-numeric" "4" { test_fail "no"; }'
    assert reason(tmp_path, text, s="foo; foo; keep 1; keep 2;") is None


def test_of_an_execution(tmp_path: Path) -> None:
    text = 'fileinto "None"; if test_result_execute { test_fail "x"; } if not test_error :contains "None" { test_fail "no"; }'
    assert reason(tmp_path, text) is None
