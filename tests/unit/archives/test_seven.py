"""7z, in the child process, and by programs where that cannot."""

from __future__ import annotations

import os
import sys

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, Fact, bsdtar, program, seven
from tests.support.archives import EXE, by_program, facts, paths, seen, zipped

INNER = zipped(("evil.exe", EXE))


@pytest.fixture(autouse=True)
def _package() -> None:
    if seven.missing():
        pytest.skip(seven.missing())


def made(*options: str, files: list[tuple[str, bytes]]) -> bytes:
    return by_program("7zz", "a", *options, files=files, name="x.7z")


def child(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """This in the place of the child."""
    with open(f"{tmp_path}/child.py", "w") as file:
        file.write(code)
    monkeypatch.setattr(seven, "CHILD", f"{tmp_path}/child.py")


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No programs of the system."""
    monkeypatch.setattr(program, "FOLDERS", ())


def test_names_kinds_and_what_is_in_its_archives() -> None:
    found = seen("x.7z", made(files=[("evil.js", b"x"), ("a.zip", INNER), ("b.bin", EXE * 100)]))
    assert set(paths(found)) == {"x.7z/evil.js", "x.7z/a.zip", "x.7z/a.zip/evil.exe", "x.7z/b.bin"}
    kinds = {one.path: one.kind for one in found if isinstance(one, Entry)}
    assert kinds["x.7z/b.bin"] == "executable"
    assert facts(found) == []


def test_what_stands_before_is_passed_over() -> None:
    assert paths(seen("x.7z", b"GIF89a" + made(files=[("evil.js", b"x")]))) == ["x.7z/evil.js"]
    assert facts(seen("x.7z", b"GIF89a")) == ["unreadable"]


def test_a_password() -> None:
    found = seen("x.7z", made("-psecret", files=[("evil.js", b"x")]))
    assert (paths(found), facts(found)) == (["x.7z/evil.js"], ["encrypted"])
    found = seen("x.7z", made("-psecret", "-mhe=on", files=[("evil.js", b"x")]))
    assert (paths(found), facts(found)) == ([], ["encrypted"])


def test_broken() -> None:
    data = made(files=[("evil.js", b"x" * 1000)])
    assert facts(seen("x.7z", data[:-10])) == ["unreadable"]
    assert facts(seen("x.7z", data[:32])) == ["unreadable"]


WAYS = (
    "-m0=BCJ2 -m1=LZMA -m2=LZMA -m3=LZMA -mb0:1 -mb0s1:2 -mb0s2:3",
    "-m0=Delta:1",
    "-m0=ARM64",
    "-m0=SWAP2",
    "-m0=PPMd",
)


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_pack_that_the_library_does_not_know(way: str) -> None:
    """All of them are open to whoever has 7-Zip or WinRAR, and so to whoever wants to hide something."""
    found = seen("x.7z", made(*way.split(), files=[("b.pdf", EXE), ("a.zip", INNER)]))
    assert {one.path: one.format for one in found if isinstance(one, Entry)} == {
        "x.7z": "7z",
        "x.7z/b.pdf": "pe",
        "x.7z/a.zip": "zip",
        "x.7z/a.zip/evil.exe": "pe",
    }
    assert facts(found) == []


def test_without_programs_such_a_file_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(*WAYS[1].split(), files=[("b.pdf", EXE)])
    alone(monkeypatch)
    found = seen("x.7z", data)
    assert (paths(found), facts(found)) == (["x.7z/b.pdf"], ["unreadable"])


def test_names_that_lead_elsewhere_and_names_that_are_doubled() -> None:
    """The library unpacks nothing of an archive with such a name."""
    data = made("-mhc=off", files=[("a___.pdf", EXE), ("b___.pdf", b"text")])
    for one, other in (("../x.pdf", "b___.pdf"), ("C:xx.pdf", "/___.pdf"), ("b___.pdf", "b___.pdf")):
        changed = data.replace("a___.pdf".encode("utf-16-le"), one.encode("utf-16-le"))
        changed = changed.replace("b___.pdf".encode("utf-16-le"), other.encode("utf-16-le"))
        found = seen("x.7z", summed(changed))
        assert [entry.format for entry in found if isinstance(entry, Entry)] == ["7z", "pe", ""]


def summed(data: bytes) -> bytes:
    """With the checksums of its end header and its start header (7zFormat.txt)."""
    from zlib import crc32

    at, size = (int.from_bytes(data[n : n + 8], "little") for n in (12, 20))
    start = data[12:28] + crc32(data[32 + at : 32 + at + size]).to_bytes(4, "little")
    return data[:8] + crc32(start).to_bytes(4, "little") + start + data[32:]


def test_without_the_package_bsdtar_reads_it(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    data = made(files=[("evil.js", b"x"), ("b.pdf", EXE)])
    child('print(\'{"error": "missing"}\')', monkeypatch, tmp_path)
    if not bsdtar.missing():
        assert set(paths(seen("x.7z", data))) == {"x.7z/evil.js", "x.7z/b.pdf"}
    alone(monkeypatch)
    monkeypatch.setattr(seven, "PACKAGE", "no_such_package")
    assert seen("x.7z", data)[-1] == Fact("not-opened", "x.7z", "the package no_such_package is not installed")


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit(3)", "import os; os.abort()", "print('[]')", "print('{' * 10000)", "print('x' * 300000)", ""],
)
def test_a_child_that_ends_badly(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    child(code, monkeypatch, tmp_path)
    data = made(files=[("evil.js", b"x")])
    alone(monkeypatch)
    assert facts(seen("x.7z", data)) == ["unreadable"]


def test_no_python_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(files=[("evil.js", b"x")])
    alone(monkeypatch)
    for executable in ("", "/nonexistent/python"):
        monkeypatch.setattr(sys, "executable", executable)
        assert facts(seen("x.7z", data)) == ["unreadable"]


def test_a_child_that_takes_too_long(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    child("import time; time.sleep(60)", monkeypatch, tmp_path)
    monkeypatch.setattr(limits, "ARCHIVE_SECONDS", 1.0)
    assert facts(seen("x.7z", made(files=[("evil.js", b"x")])))[0] in ("unreadable", "too-long")


def test_all_files_are_closed() -> None:
    before = len(os.listdir("/proc/self/fd"))
    seen("x.7z", b"before" + made(*WAYS[1].split(), files=[("b.pdf", EXE)]))
    assert len(os.listdir("/proc/self/fd")) == before
