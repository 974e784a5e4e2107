"""The files of the house, as its rules (tests/house) look at them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "mdafilter"


def modules(folder: Path = PACKAGE) -> list[Path]:
    """All Python files below a folder, sorted."""
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts and ".venv" not in p.parts)


def name(path: Path) -> str:
    """The path as the tests print it: from the top of the repository."""
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_at_the_top(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every module that is imported when this one is; what only the type checker sees is left out."""
    todo: list[ast.stmt] = list(module.body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
        elif is_type_checking(node) and isinstance(node, ast.If):
            todo.extend(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
            # The handlers of a `try` are left out: they import what stands in where a C module is missing.
