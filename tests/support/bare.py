"""A home and a door for the situations of examples/, without an installation."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.situations import Mailbox
from tests.support.house import ROOT


@contextmanager
def mailbox(settings: str) -> Iterator[Mailbox]:
    """A fresh home, of `nobody` where root runs the tests: mdafilter delivers nothing as root."""
    top = Path(tempfile.mkdtemp(prefix="mdafilter-home."))
    uid = 65534 if os.geteuid() == 0 else None
    made = Mailbox(top, uid, uid)
    made.own(top)
    made.configure(settings)
    try:
        yield made
    finally:
        shutil.rmtree(top)


@contextmanager
def command() -> Iterator[list[str]]:
    """The door, started as mdafilter-deliver-once starts it, from a copy of the package that everybody can read."""
    python = os.path.realpath(sys.executable)
    top = Path(tempfile.mkdtemp(prefix="mdafilter-package."))
    top.chmod(0o755)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mdafilter", top / "mdafilter", ignore=ignored)
    shutil.copytree(ROOT / "rules", top / "mdafilter" / "rules")
    try:
        yield [python, "-I", "-S", "-B", str(top / "mdafilter" / "cli" / "door.py")]
    finally:
        shutil.rmtree(top)
