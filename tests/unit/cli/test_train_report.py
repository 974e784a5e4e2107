"""mdafilter train spam for people: help, and paths."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from mdafilter.cli.train_door import OPTIONS
from tests.support.commandline import invoke, ordinary_home, run


@pytest.mark.parametrize("verdict", ["spam", "ham"])
def test_its_help_has_the_options_of_the_door(tmp_path: Path, verdict: str) -> None:
    done = invoke(tmp_path, "train", verdict, "--help")
    assert done.exit_code == 0
    assert all(short in done.output and long in done.output for short, long, _value, _text in OPTIONS)


def test_paths_are_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    module = ModuleType("train_archive")
    module.run = lambda *given: asked.append(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mdafilter.cli.train_archive", module)
    (tmp_path / "one").write_bytes(b"")
    done = invoke(tmp_path, "train", "ham", "-c", "x.toml", str(tmp_path / "one"))
    assert done.exit_code == 0
    assert asked == [("ham", (str(tmp_path / "one"),), "x.toml", "")]


def test_a_path_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert invoke(tmp_path, "train", "spam", str(tmp_path / "none")).exit_code == 2


def test_without_a_path_it_is_the_door() -> None:
    with ordinary_home() as home:
        (home / "spool").mkdir(mode=0o777)
        (home / "spool").chmod(0o777)
        assert run(home, "train", "spam", "-s", str(home / "spool"), data=b"Subject: x\n\n").returncode == 0
        assert len(list((home / "spool").iterdir())) == 1
        assert run(home, "train", "spam", "-s", str(home / "none"), data=b"Subject: x\n\n").returncode == 75
