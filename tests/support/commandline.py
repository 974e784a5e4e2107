"""The command line for tests: in this process with click's runner, or as a process of its own of an ordinary user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mdafilter.cli.main import main
from tests.support.house import ROOT

NOBODY = 65534


def invoke(home: Path, *arguments: str, data: bytes = b"", env: dict[str, str] | None = None) -> Result:
    """Runs a command in this process, for a user whose home is `home`. What it does not catch is raised here."""
    environ = {"HOME": str(home), "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": "", "NO_COLOR": "1", **(env or {})}
    return CliRunner(env=environ).invoke(main, list(arguments), input=data, catch_exceptions=False)


@contextmanager
def ordinary_home() -> Iterator[Path]:
    """A home that an ordinary user may read and write, also where the tests run as root."""
    home = Path(tempfile.mkdtemp(prefix="mdafilter-test."))
    try:
        if os.geteuid() == 0:
            os.chown(home, NOBODY, NOBODY)
        yield home
    finally:
        shutil.rmtree(home)


def run(home: Path, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Runs a command as a process; root's tests run it as nobody. Skips where nobody cannot read this tree."""
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
    command = [sys.executable, "-m", "mdafilter.cli.main"]
    env = {"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, *arguments],
            input=data,
            capture_output=True,
            env=env,
            cwd=home,
            check=False,
            **who,  # type: ignore[call-overload]
        )
    except PermissionError:
        pytest.skip("an ordinary user may not read this tree or this Python")
    errors = done.stderr.decode(errors="replace")
    if who and ("Permission denied" in errors or "No module named 'mdafilter'" in errors):
        pytest.skip("an ordinary user may not read this tree or this Python")
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), errors)
