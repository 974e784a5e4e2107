"""Files open as manual pages and stay readable at one sitting."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.house import PACKAGE, ROOT, modules, name, tree

FILE_LINES = 400
FUNCTION_LINES = 60
ALL = [*modules(PACKAGE), *modules(ROOT / "tests"), *modules(ROOT / "contrib"), *modules(ROOT / "examples")]
BARE = ("mdafilter/message/__init__.py",)  # none: a place for exceptions, each with its reason


@pytest.mark.parametrize("path", ALL, ids=name)
def test_no_file_is_longer_than_can_be_read(path: Path) -> None:
    assert len(path.read_bytes().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", ALL, ids=name)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    functions = [n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno}
    assert {n: lines for n, lines in long.items() if lines > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", ALL, ids=name)
def test_every_file_opens_with_what_it_is(path: Path) -> None:
    module = tree(path)
    assert not module.body or ast.get_docstring(module), "the file has code and no docstring"
