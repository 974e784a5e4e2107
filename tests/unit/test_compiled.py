"""What is kept between deliveries comes back equal, and is believed only if nobody else could have written it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter import compiled
from mdafilter.acts import File
from mdafilter.plan import Plan, Stop
from mdafilter.texts import Template, Var, Where
from tests.support.house import ROOT

PLAN = Plan((Stop("all", "", Where("f", 1, 2)),), "f", ("a",))


def kept(home: Path) -> Path:
    return home / "cache" / "name"


def test_the_folder_follows_the_xdg_specification() -> None:
    assert compiled.folder({}, "/home/a") == "/home/a/.cache/mdafilter"
    assert compiled.folder({"XDG_CACHE_HOME": "/c"}, "/home/a") == "/c/mdafilter"
    assert compiled.folder({"XDG_CACHE_HOME": "relative"}, "/home/a") == "/home/a/.cache/mdafilter"
    assert compiled.folder({}, "") == ""


def test_a_value_comes_back_equal(tmp_path: Path) -> None:
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"key"]) == PLAN
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", [Template(("a", Var("b"))), File("x", ("\\Seen",), True), (1, 2.5, None, b"x", True)])
def test_freeze_and_thaw_are_inverse(value: object) -> None:
    classes: dict[tuple[str, str], int] = {}
    data = compiled.freeze(value, classes)
    assert compiled.thaw(data, [compiled._class(*c) for c in classes]) == value


def test_another_key_finds_nothing(tmp_path: Path) -> None:
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"other"]) is None
    assert compiled.load(str(tmp_path / "cache"), "name", [b"ke", b"y"]) is None


def test_what_is_compiled_belongs_to_the_program_that_runs(tmp_path: Path) -> None:
    """A resident process may outlive its files: it must not keep anything in the name of those that came after it."""
    package = tmp_path / "mdafilter"
    shutil.copytree(ROOT / "mdafilter", package, ignore=shutil.ignore_patterns("__pycache__"))
    code = "import os, sys; from mdafilter.compiled import digest; one = digest([]); os.utime(sys.argv[1]); "
    code += "print(one == digest([])); os.unlink(sys.argv[1]); print(one == digest([]))"
    command = [sys.executable, "-c", code, str(package / "plan.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\nTrue\n", "")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_others_may_write_is_not_believed(tmp_path: Path, what: str) -> None:
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    path = kept(tmp_path) if what == "file" else kept(tmp_path).parent
    path.chmod(path.stat().st_mode | 0o002)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"key"]) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file away")
def test_what_belongs_to_others_is_not_believed(tmp_path: Path) -> None:
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    os.chown(kept(tmp_path), 65534, 65534)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"key"]) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    moved = kept(tmp_path).rename(tmp_path / "elsewhere")
    kept(tmp_path).symlink_to(moved)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"key"]) is None


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 400])
def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path, damage: bytes) -> None:
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    whole = kept(tmp_path).read_bytes()
    kept(tmp_path).write_bytes(whole[:20] + damage)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"key"]) is None


def test_only_classes_of_mdafilter_are_made() -> None:
    with pytest.raises(ImportError):
        compiled._class("os", "system")
    with pytest.raises(TypeError):
        compiled._class("mdafilter.compiled", "digest")


def test_a_home_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    compiled.save(str(tmp_path / "cache"), "name", [b"key"], PLAN)
    assert compiled.load(str(tmp_path / "cache"), "name", [b"key"]) is None
    compiled.save("", "name", [b"key"], PLAN)
    assert compiled.load("", "name", [b"key"]) is None
