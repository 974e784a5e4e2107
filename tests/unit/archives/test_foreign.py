"""7z and rar, in the child process."""

from __future__ import annotations

import sys

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, Fact, foreign
from tests.support.archives import EXE, by_program, facts, paths, rar4, rar5, seen, zipped

INNER = zipped(("evil.exe", EXE))


@pytest.fixture(autouse=True)
def _packages() -> None:
    if foreign.missing():
        pytest.skip(f"not installed: {' '.join(foreign.missing())}")


def seven(*options: str, files: list[tuple[str, bytes]]) -> bytes:
    return by_program("7zz", "a", *options, files=files, name="x.7z")


def test_7z_names_kinds_and_what_is_in_its_archives() -> None:
    found = seen("x.7z", seven(files=[("evil.js", b"x"), ("a.zip", INNER), ("b.bin", EXE * 100)]))
    assert set(paths(found)) == {"x.7z/evil.js", "x.7z/a.zip", "x.7z/a.zip/evil.exe", "x.7z/b.bin"}
    kinds = {one.path: one.kind for one in found if isinstance(one, Entry)}
    assert kinds["x.7z/b.bin"] == "executable"
    assert facts(found) == []


def test_7z_with_a_password() -> None:
    found = seen("x.7z", seven("-psecret", files=[("evil.js", b"x")]))
    assert (paths(found), facts(found)) == (["x.7z/evil.js"], ["encrypted"])
    found = seen("x.7z", seven("-psecret", "-mhe=on", files=[("evil.js", b"x")]))
    assert (paths(found), facts(found)) == ([], ["encrypted"])


def test_7z_broken() -> None:
    data = seven(files=[("evil.js", b"x" * 1000)])
    assert facts(seen("x.7z", data[:-10])) == ["unreadable"]
    assert facts(seen("x.7z", data[:32])) == ["unreadable"]


@pytest.mark.parametrize("rar", [rar4, rar5])
def test_rar_names_and_what_is_stored(rar: object) -> None:
    data: bytes = rar(("evil.js", b"x"), ("a.zip", INNER), ("b.bin", EXE))  # type: ignore[operator]
    found = seen("x.rar", data)
    assert set(paths(found)) == {"x.rar/evil.js", "x.rar/a.zip", "x.rar/a.zip/evil.exe", "x.rar/b.bin"}
    assert facts(found) == []


@pytest.mark.parametrize("data", [rar4(("evil.js", b"packed"), method=0x33), rar5(("evil.js", b"packed"), method=3)])
def test_rar_of_what_is_packed_the_name(data: bytes) -> None:
    assert paths(seen("x.rar", data)) == ["x.rar/evil.js"]


def test_rar_with_a_password() -> None:
    found = seen("x.rar", rar4(("evil.js", b"x"), locked=True))
    assert (paths(found), facts(found)) == (["x.rar/evil.js"], ["encrypted"])
    assert facts(seen("x.rar", rar4(headers_locked=True))) == ["encrypted"]


def test_rar_broken() -> None:
    assert facts(seen("x.rar", b"Rar!\x1a\x07\0")) == ["unreadable"]
    assert facts(seen("x.rar", b"no archive")) == ["unreadable"]


def test_a_missing_package_is_a_fact(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    child = f"{tmp_path}/child.py"
    with open(child, "w") as file:
        file.write('print(\'{"error": "missing"}\')')
    monkeypatch.setattr(foreign, "CHILD", child)
    found = seen("x.rar", rar4(("evil.js", b"x")))
    assert found[-1] == Fact("not-opened", "x.rar", "the package rarfile is not installed")


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit(3)", "import os; os.abort()", "print('[]')", "print('{' * 10000)", "print('x' * 300000)", ""],
)
def test_a_child_that_ends_badly(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    child = f"{tmp_path}/child.py"
    with open(child, "w") as file:
        file.write(code)
    monkeypatch.setattr(foreign, "CHILD", child)
    assert facts(seen("x.rar", rar4(("evil.js", b"x")))) == ["unreadable"]


def test_no_python_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for executable in ("", "/nonexistent/python"):
        monkeypatch.setattr(sys, "executable", executable)
        assert facts(seen("x.rar", rar4(("evil.js", b"x")))) == ["unreadable"]


def test_a_child_that_takes_too_long(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    child = f"{tmp_path}/child.py"
    with open(child, "w") as file:
        file.write("import time; time.sleep(60)")
    monkeypatch.setattr(foreign, "CHILD", child)
    monkeypatch.setattr(limits, "ARCHIVE_SECONDS", 1.0)
    assert facts(seen("x.rar", rar4(("evil.js", b"x"))))[0] in ("unreadable", "too-long")
