"""The command: `mdafilter-policyd web`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from mdafilter_policyd.cli import main
from mdafilter_policyd.web.password import fits
from tests.support.house import ROOT


def test_the_hash_of_a_password_is_printed() -> None:
    done = CliRunner().invoke(main, ["web", "--password"], input="a horse\na horse\n")
    assert done.exit_code == 0
    assert done.stdout.startswith('password = "scrypt$')
    assert fits("a horse", done.stdout.strip().removeprefix('password = "').removesuffix('"'))


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mdafilter_policyd.web.run", None)
    done = CliRunner().invoke(main, ["web"])
    assert done.exit_code == 1 and "pip install 'mdafilter-policyd[web]'" in done.stderr


@pytest.mark.slow
def test_the_pages_are_in_the_wheel(tmp_path: Path) -> None:
    """Built from a copy: hatchling leaves nothing behind in the folder, and a test shall not rely on it."""
    ignored = shutil.ignore_patterns("__pycache__")
    copied = shutil.copytree(ROOT / "contrib" / "postfix", tmp_path / "postfix", ignore=ignored)
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(argv, cwd=copied, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    pages = (ROOT / "contrib" / "postfix" / "mdafilter_policyd" / "web" / "templates").iterdir()
    assert {f"mdafilter_policyd/web/templates/{page.name}" for page in pages} <= set(names)
