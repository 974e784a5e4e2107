"""test_binary_save, test_binary_load."""

from __future__ import annotations

from pathlib import Path

from tests.support.rehearsal import reason

COMPILE = 'if not test_script_compile "{}.sieve" {{ test_fail "x"; }}'


def test_what_was_put_aside_comes_back(tmp_path: Path) -> None:
    text = COMPILE.format("a") + 'test_binary_save "it";' + COMPILE.format("b")
    text += 'if not test_binary_load "it" { test_fail "none"; } if not test_script_run { test_fail "run"; }'
    text += 'if not test_result_action "discard" { test_fail "another script"; }'
    assert reason(tmp_path, text, a="discard;", b="keep;") is None


def test_there_is_none(tmp_path: Path) -> None:
    assert "test_binary_load: there is no compiled script" in str(reason(tmp_path, 'test_binary_load "it";'))
    assert "no compiled script" in str(reason(tmp_path, 'test_binary_save "it";'))
    assert reason(tmp_path, 'if test_binary_load "it" { test_fail "one"; }') is None
