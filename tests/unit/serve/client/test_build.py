"""The build hook: the native client where a compiler works, the script where none does, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import client
from tests.support.house import ROOT

pytest.importorskip("hatchling")
build = pytest.importorskip("mdafilter.serve.client.build")

ELF = b"\x7fELF"
SCRIPT = (ROOT / "mdafilter" / "cli" / "mdafilter-deliver-once").read_bytes()
needs_compiler = pytest.mark.skipif(not client.compiler(), reason="there is no C compiler")


def pretend(folder: Path, name: str, text: str) -> Path:
    """A program that is a compiler by name."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, where others build as well."""
    copied = tmp_path_factory.mktemp("build") / "tree"
    ignored = shutil.ignore_patterns("tests", ".*", "__pycache__")
    return shutil.copytree(ROOT, copied, symlinks=True, ignore=ignored)


def wheel(tree: Path, folder: Path, **environ: str) -> tuple[str, dict[str, zipfile.ZipInfo], dict[str, bytes], str]:
    """Name of the wheel, its scripts as they are packed and what is in them, and what was said."""
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    known = {k: v for k, v in os.environ.items() if k not in ("CC", "MDAFILTER_NO_NATIVE", "PYTHONDONTWRITEBYTECODE")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=tree,
        env=known | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        packed = {i.filename.rpartition("/")[2]: i for i in archive.infolist() if ".data/scripts/" in i.filename}
        return made.name, packed, {name: archive.read(i) for name, i in packed.items()}, done.stderr


def files(tree: Path) -> set[Path]:
    return set((tree / "mdafilter" / "serve" / "client").rglob("*"))


@needs_compiler
def test_the_wheel_has_the_native_client_beside_the_script(tree: Path, tmp_path: Path) -> None:
    before = files(tree)
    name, packed, scripts, _said = wheel(tree, tmp_path)
    assert scripts["mdafilter-deliver"].startswith(ELF)
    assert scripts["mdafilter-deliver-once"] == SCRIPT
    assert all(info.external_attr >> 16 & 0o777 == 0o755 for info in packed.values())
    assert not name.endswith("-any.whl")  # it is for this platform alone
    assert files(tree) <= before  # the build hook as Python compiled it is gone, too


@needs_compiler
def test_the_same_source_makes_the_same_wheel(tree: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    assert wheel(tree, first)[2] == wheel(tree, second)[2]
    assert str(tree).encode() not in wheel(tree, tmp_path / "3")[2]["mdafilter-deliver"]


@pytest.mark.parametrize("environ", [{"MDAFILTER_NO_NATIVE": "1"}, {"CC": "/nowhere/cc"}, {"CC": "false"}])
def test_without_a_compiler_it_is_the_script_twice_for_any_platform(
    tree: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    name, packed, scripts, said = wheel(tree, tmp_path, **environ)
    assert scripts == {"mdafilter-deliver": SCRIPT, "mdafilter-deliver-once": SCRIPT}
    assert all(info.external_attr >> 16 & 0o777 == 0o755 for info in packed.values())
    assert name.endswith("-py3-none-any.whl")
    assert "mdafilter-deliver is the shell script" in said


def test_the_source_is_not_installed(tree: Path, tmp_path: Path) -> None:
    wheel(tree, tmp_path, MDAFILTER_NO_NATIVE="1")
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        assert [n for n in archive.namelist() if "serve/client" in n or n.endswith("cli/mdafilter-deliver-once")] == []


def test_the_ways_are_those_whose_compiler_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(build.ways({})) == []
    pretend(tmp_path, "gcc", "")
    flags = list(build.FLAGS)
    assert list(build.ways({})) == [["gcc", *flags, "-static-pie"], ["gcc", *flags]]
    assert list(build.ways({"CC": " "})) == list(build.ways({}))
    assert list(build.ways({"CC": "gcc -m32"})) == [["gcc", "-m32", *flags, "-static-pie"], ["gcc", "-m32", *flags]]
    assert list(build.ways({"CC": "other"})) == []
    assert list(build.ways({"MDAFILTER_NO_NATIVE": "1"})) == []
    assert list(build.ways({"MDAFILTER_NO_NATIVE": "0"})) == list(build.ways({}))


@needs_compiler
def test_without_a_static_libc_it_is_linked_as_usual(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f'case "$*" in *-static*) echo no libc.a >&2; exit 1 ;; esac; exec {client.compiler()} "$@"'
    chosen = pretend(tmp_path, "cc", text)
    program = tmp_path / "program"
    assert build.compile(program, {**os.environ, "CC": str(chosen)})
    assert program.read_bytes().startswith(ELF)
    assert "no libc.a" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "exit 0",  # makes nothing
        'printf "\\177ELF and nothing more" >"$out"; chmod 755 "$out"',  # for another machine
        'printf "#!/bin/sh\\nexit 0\\n" >"$out"; chmod 755 "$out"',  # a program that would take every message for delivered
        'printf "#!/bin/sh\\nexit 75\\n" >"$out"; chmod 755 "$out"',
        "kill -KILL $$",
    ],
)
def test_a_compiler_that_makes_no_client_is_none(tmp_path: Path, text: str) -> None:
    find = 'while [ "$1" != -o ]; do shift; done; out=$2\n'
    chosen = pretend(tmp_path, "cc", find + text)
    assert not build.compile(tmp_path / "program", {**os.environ, "CC": str(chosen)})
