"""Style, types and layers: ruff, mypy --strict and import-linter find nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.house import ROOT

SCRIPTS = Path(sys.executable).parent


def run(*command: str) -> str:
    """Runs a tool of the environment at the top of the repository; its output, if it found something."""
    program = SCRIPTS / command[0]
    if not program.exists():
        pytest.skip(f"{command[0]} is not installed")
    env = {**os.environ, "PYTHONPATH": str(ROOT / "contrib" / "postfix")}
    done = subprocess.run([str(program), *command[1:]], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    assert run("ruff", "check", "--no-cache", "--output-format=concise", ".") == ""


def test_every_file_is_formatted() -> None:
    assert run("ruff", "format", "--no-cache", "--check", ".") == ""


@pytest.mark.slow
def test_mypy_finds_nothing(tmp_path: Path) -> None:
    assert run("mypy", "--cache-dir", str(tmp_path)) == ""


@pytest.mark.slow
def test_no_line_imports_a_higher_one() -> None:
    if find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed")
    assert run("lint-imports", "--no-cache") == ""
