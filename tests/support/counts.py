"""Configurations whose counts are in a file, and commands that root gives for the user nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.support.commandline import NOBODY
from tests.support.house import ROOT


def configured(folder: Path, path: str, more: str = "") -> str:
    """A configuration file that says where the counts are."""
    (folder / "c.toml").write_text(f'[bayes]\npath = "{path}"\nminimum = 1\n{more}')
    return str(folder / "c.toml")


@contextmanager
def for_each() -> Iterator[tuple[str, Path]]:
    """A configuration in which each user has counts of his own, and where those of nobody are. Only for root."""
    if os.geteuid() != 0:
        pytest.skip("to become another user needs root")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        own = Path(name, "nobody")
        own.mkdir(mode=0o700)
        os.chown(own, NOBODY, NOBODY)
        yield configured(Path(name), f"{name}/%n/bayes.db"), own / "bayes.db"


def run(
    home: Path, *arguments: str, data: bytes = b"", stdout: IO[str] | int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Runs a command as a process of who we are."""
    command = [sys.executable, "-m", "mdafilter.cli.main", *arguments]
    env = {"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    text = data.decode()
    return subprocess.run(
        command, input=text, stdout=stdout, stderr=subprocess.PIPE, text=True, env=env, cwd="/", check=False
    )


def as_root(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[str]:
    """The same of root's, who becomes nobody. Skips where nobody cannot read this tree."""
    done = run(Path("/root"), *arguments, data=data)
    if "No module named 'mdafilter" in done.stderr or "PermissionError" in done.stderr:
        pytest.skip("an ordinary user may not read this tree or this Python")
    return done
