"""tests/bench/service measures, whatever it measures: all that it starts comes up, and every message arrives."""

from __future__ import annotations

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
    assert len(tables) == 7
    assert all("mdafilter, service" in table or "broker" in table for table in tables), done.stdout
