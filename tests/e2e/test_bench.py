"""The benches measure, whatever they measure: all that they start comes up, and every message arrives where it should."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import postfix
from tests.support.house import ROOT


@pytest.mark.slow
def test_rows_have_their_figures(installation: Path) -> None:
    if reason := postfix.why_not():
        pytest.skip(reason)
    command = [
        str(ROOT / "tests/bench/service"),
        "--quick",
        "--messages",
        "40",
        "--rows",
        "single,transport,lmtp,memory",
    ]
    done = subprocess.run(
        [*command, "--installation", str(installation)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    tables = done.stdout.split("\n\n")
    assert len(tables) == 8
    assert all("mdafilter, service" in table or "broker" in table for table in tables), done.stdout


@pytest.mark.skipif(not shutil.which("sievec"), reason="sievec is not installed")
def test_scripts_are_compiled_and_run() -> None:
    """Each message is filed by the last rule, by both: else there would be no figures."""
    command = [str(ROOT / "tests/bench/scripts"), "--runs", "1", "--messages", "5", "--sizes", "2,40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr[-2000:]
    tables = done.stdout.strip().split("\n\n")
    assert [table.partition(": ")[2].splitlines()[0] for table in tables] == 2 * [
        "one process",
        "each further script",
        "one process",
        "each further message",
    ]
    assert all("mdafilter, kept" in table for table in tables)
