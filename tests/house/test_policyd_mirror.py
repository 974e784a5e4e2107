"""The tests of the policy daemon mirror its code: mdafilter_policyd/checks/spf.py is tested by tests/policyd/checks/test_spf.py."""

from __future__ import annotations

from pathlib import Path

from tests.house.test_mirror import has_code
from tests.support.house import ROOT, modules, name

PACKAGE = ROOT / "contrib" / "postfix" / "mdafilter_policyd"
WITHOUT = {
    "__init__.py": "the version",
    "opinion.py": "data alone; tested by decide",
    "limits.py": "numbers",
    "errors.py": "data alone",
    "spf/result.py": "data alone; made by evaluate",
}


def wanted() -> dict[str, Path]:
    """By the name of the test file, what it is about."""
    found = {}
    for path in modules(PACKAGE):
        inside = path.relative_to(PACKAGE)
        stem = inside.parent.name if path.name == "__init__.py" else path.stem
        found[f"tests/policyd/{inside.parent.as_posix()}/test_{stem.strip('_')}.py".replace("/./", "/")] = path
    return found


def test_every_file_has_its_tests() -> None:
    needed = [t for t, p in wanted().items() if has_code(p) and p.relative_to(PACKAGE).as_posix() not in WITHOUT]
    assert sorted(t for t in needed if not (ROOT / t).exists()) == []


def test_every_test_is_about_a_file() -> None:
    tests = [name(p) for p in modules(ROOT / "tests" / "policyd") if p.name.startswith("test_")]
    assert [
        t for t in tests if t not in wanted() and not t.startswith(("tests/policyd/e2e/", "tests/policyd/bench/"))
    ] == []
