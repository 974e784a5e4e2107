"""What a delivery imports: starting Python is most of what a one-shot delivery costs, so nothing heavy, and only lately."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.house import PACKAGE, ROOT, imports_at_the_top, modules, name, tree

# What may stand at the top of a file that a delivery imports: modules written in C, or loaded when Python starts.
LIGHT = frozenset(
    "__future__ _blake2 _json _operator _socket _posixsubprocess binascii errno fcntl itertools marshal math mmap operator os pwd select "
    "stat sys time zlib resource signal _thread".split()
)
# What must not be there after the delivery path was imported, wherever the import stands.
HEAVY = frozenset(
    "abc argparse ast asyncio click collections collections.abc contextlib dataclasses datetime email enum functools "
    "hashlib inspect json logging mailparser pathlib random re selectors shutil socket subprocess tempfile threading "
    "tomllib traceback typing urllib watchdog".split()
)
# Parts of the program that no delivery imports.
ELSEWHERE = tuple(f"mdafilter/{name}/" for name in "cli lint refiling reporting serve testing train".split())
DELIVERS = ("mdafilter/cli/__init__.py", "mdafilter/cli/deliver.py")


def on_the_way(path: Path) -> bool:
    return name(path) in DELIVERS or not name(path).startswith(ELSEWHERE)


WAY = [p for p in modules(PACKAGE) if on_the_way(p)]


@pytest.mark.parametrize("path", WAY, ids=name)
def test_the_way_of_a_message_imports_only_light_modules_at_the_top(path: Path) -> None:
    foreign = [(line, n) for line, n in imports_at_the_top(tree(path)) if n.split(".")[0] != "mdafilter"]
    assert [f"{name(path)}:{line}: {n}" for line, n in foreign if n not in LIGHT] == []


def imported(code: str) -> set[str]:
    """The modules that a bare Python (no site, no environment) holds after running the code."""
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["mdafilter.cli.deliver", "mdafilter.pipeline", "mdafilter.engine"])
def test_importing_the_door_imports_nothing_heavy(module: str) -> None:
    path = ROOT / (module.replace(".", "/") + ".py")
    if not path.exists():
        pytest.skip(f"{name(path)} does not exist yet")
    new = imported(f"import {module}") - imported("pass")
    assert sorted(n for n in new if n in HEAVY) == []


def test_the_check_itself_sees_a_heavy_import() -> None:
    assert "json" in imported("import json")
    found = list(
        imports_at_the_top(ast.parse("if TYPE_CHECKING:\n import json\nelse:\n import re\ndef f():\n import ast\n"))
    )
    assert found == [(4, "re")], json.dumps(found)
