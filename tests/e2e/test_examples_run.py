"""examples/run, as somebody who has just cloned the repository starts it: from another folder, twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.situations import every
from tests.support.house import ROOT


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A copy of what is shipped, in a folder whose name has a blank."""
    top = Path(tempfile.mkdtemp(prefix="mdafilter run."))
    top.chmod(0o755)
    ignored = shutil.ignore_patterns("__pycache__", ".venv", "*.pyc")
    for name in ("mdafilter", "rules", "examples"):
        shutil.copytree(ROOT / name, top / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, top)
    try:
        yield top
    finally:
        shutil.rmtree(top)


def run(checkout: Path, temporary: Path, *names: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = (
        {k: v for k, v in os.environ.items() if not k.startswith("MDAFILTER_")} | {"TMPDIR": str(temporary)} | more
    )
    command = [str(checkout / "examples" / "run"), *names]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where the Maildirs go; whoever delivers can reach it."""
    top = Path(tempfile.mkdtemp(prefix="mdafilter-run."))
    top.chmod(0o755)
    try:
        yield top
    finally:
        shutil.rmtree(top)


def test_every_message_is_in_the_table_and_where_it_should_be(checkout: Path, temporary: Path) -> None:
    done = run(checkout, temporary)
    assert done.returncode == 0, done.stdout + done.stderr
    for situation in every():
        assert f"\n{situation.name} " in done.stdout
    assert "WRONG" not in done.stdout


def test_the_second_time_needs_no_network(checkout: Path, temporary: Path) -> None:
    done = run(checkout, temporary, "tagged-subject", PIP_NO_INDEX="1", PIP_INDEX_URL="http://127.0.0.1:9/")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ".Trash" in done.stdout
    assert "installing" not in done.stderr


def test_a_broken_environment_is_made_anew(checkout: Path, temporary: Path) -> None:
    for program in (checkout / "examples" / ".venv" / "bin").glob("python*"):
        program.unlink()
    done = run(checkout, temporary, "plain-ham")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plain-ham" in done.stdout


def test_what_is_wrong_is_said_and_is_the_exit_status(checkout: Path, temporary: Path) -> None:
    expect = checkout / "examples" / "plain-ham" / "expect.toml"
    expect.write_text('about = "x"\nfolder = ".Elsewhere"\n')
    done = run(checkout, temporary, "plain-ham")
    assert done.returncode == 1
    assert "WRONG" in done.stdout
