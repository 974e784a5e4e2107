"""The tests mirror the code: mdafilter/words/header.py is tested by tests/unit/words/test_header.py; a C file is, too."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.house import PACKAGE, ROOT, modules, name, tree

# Files without a test file of their own, each with the reason.
WITHOUT = {
    "mdafilter/__init__.py": "the version",
    "mdafilter/limits.py": "numbers; each is tested where it bounds something",
    "mdafilter/acts.py": "data alone; each act is tested by its target",
    "mdafilter/decision.py": "data alone; what the engine makes of it is tested there",
    "mdafilter/world.py": "a protocol; its implementations are tested",
    "mdafilter/words/syntax.py": "what words tell the Sieve front end; tested there, with every word",
    "mdafilter/cli/__init__.py": "empty",
    "mdafilter/serve/lmtp/events.py": "data alone; tested by the dialogues of test_session.py",
}


def has_code(path: Path) -> bool:
    """An __init__.py without functions and classes only makes a folder a package, or holds its table."""
    return path.name != "__init__.py" or any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in tree(path).body)


def test_file(path: Path) -> Path:
    inside = path.relative_to(PACKAGE)
    stem = inside.parent.name or "mdafilter" if path.name == "__init__.py" else path.stem
    return ROOT / "tests" / "unit" / inside.parent / f"test_{stem.strip('_').replace('-', '_')}.py"


test_file.__test__ = False  # type: ignore[attr-defined]


def sources() -> list[Path]:
    """The Python files that have code, and the C files."""
    return [*(p for p in modules(PACKAGE) if has_code(p)), *PACKAGE.rglob("*.c")]


def test_every_file_has_its_tests() -> None:
    wanted = {name(test_file(p)) for p in sources() if name(p) not in WITHOUT}
    assert sorted(w for w in wanted if not (ROOT / w).exists()) == []


def test_no_exception_is_out_of_date() -> None:
    assert [f for f in WITHOUT if not (ROOT / f).exists()] == []


def test_every_unit_test_is_about_a_file() -> None:
    wanted = {test_file(p) for p in [*modules(PACKAGE), *sources()]}
    assert [name(p) for p in modules(ROOT / "tests" / "unit") if p.name.startswith("test_") and p not in wanted] == []
