"""An installation of mdafilter in a folder of its own, as `pip install .` makes it: to be used by any user, or broken.

The wheel is built once from the tree as it stands; no network is used. The folder can be copied (`broken` tests damage
copies), since mdafilter-deliver finds its Python and its package beside itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import watchdog.version

from tests.support.house import ROOT


class NotPossible(Exception):
    """Why there can be no installation here; the text is the reason of a skip."""


def wheel(folder: Path) -> Path:
    """Builds the wheel into a folder."""
    code = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(folder)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # others copy the tree meanwhile
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if "No module named 'hatchling'" in done.stderr:
        raise NotPossible("hatchling is not installed")
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def install(folder: Path) -> Path:
    """A virtual environment in `folder` with mdafilter, click and watchdog, no more; returns its mdafilter-deliver."""
    python = os.path.realpath(sys.executable)
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    built = wheel(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(built)], check=True, capture_output=True)
    built.unlink()
    for name, file in (
        ("click", click.__file__),
        ("watchdog", watchdog.version.__file__),
    ):  # those that these tests have
        shutil.copytree(Path(file).parent, package(folder).parent / name)
    return folder / "bin" / "mdafilter-deliver"


@contextmanager
def installed(uid: int | None) -> Iterator[Path]:
    """The folder of an installation that is readable by all, and that this user can run; None is us. NotPossible."""
    top = Path(tempfile.mkdtemp(prefix="mdafilter-installed."))
    top.chmod(0o755)
    try:
        install(top / "mdafilter")
        if uid is not None and not usable_by(uid, top / "mdafilter"):
            raise NotPossible("other users cannot run the Python of these tests (it lies in a private folder)")
        yield top / "mdafilter"
    finally:
        shutil.rmtree(top)


def copy(installation: Path, folder: Path) -> Path:
    """A copy of an installation; returns its folder."""
    shutil.copytree(installation, folder, symlinks=True)
    return folder


def package(installation: Path) -> Path:
    """The folder of the package in an installation."""
    return next(installation.glob("lib/python3*/site-packages/mdafilter"))


def usable_by(uid: int, installation: Path) -> bool:
    """Whether a user may run the installation's Python (a Python below /root, say, is out of reach)."""
    program = str(installation / "bin" / "python")
    done = subprocess.run([program, "-c", ""], user=uid, group=uid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0
