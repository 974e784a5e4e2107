"""What bsdtar reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, Fact, bsdtar, program
from mdafilter.archives.budget import Budget
from tests.support.archives import EXE, facts, seen, tarred, zipped

INNER = zipped(("evil.exe", EXE))
CAB = b"MSCF\0\0\0\0"


@pytest.fixture(autouse=True)
def _installed() -> None:
    if bsdtar.missing():
        pytest.skip(bsdtar.missing())


def made(tmp_path: Path, *options: str) -> bytes:
    """What bsdtar itself makes of some files."""
    for name, data in (("evil.js", b"x"), ("a.zip", INNER), ("grün.pdf", EXE), ("-x", b"text")):
        (tmp_path / name).write_bytes(data)
    command = ["bsdtar", "-c", "-f", "made", *options, "--", "evil.js", "a.zip", "grün.pdf", "-x"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    return (tmp_path / "made").read_bytes()


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("xar", ("--format=xar",)),
        ("iso", ("--format=iso9660", "--options=joliet")),
        ("tar.zst", ("--zstd",)),
        ("tar.lz4", ("--lz4",)),
        ("tar.lz", ("--lzip",)),
        ("tar.Z", ("--compress",)),
    ],
)
def test_formats(ending: str, options: tuple[str, ...], tmp_path: Path) -> None:
    found = seen(f"x.{ending}", made(tmp_path, *options))
    kinds = {one.path.partition("/")[2]: one.format for one in found if isinstance(one, Entry) and one.readings}
    assert kinds["a.zip/evil.exe"] == "pe"
    assert kinds["grün.pdf"] == "pe"
    assert {"evil.js", "-x"} <= set(kinds)
    assert facts(found) == []


def test_cab() -> None:
    """[MS-CAB]: a header, one folder, two files, one block that is not packed."""
    content = b"x" + EXE
    files, at = b"", 0
    for name, size in ((b"evil.js", 1), (b"b.pdf", len(EXE))):
        files += size.to_bytes(4, "little") + at.to_bytes(4, "little") + b"\0\0\x21\x59\0\0\x20\0" + name + b"\0"
        at += size
    block = bytes(4) + len(content).to_bytes(2, "little") * 2 + content
    folder = (44 + len(files)).to_bytes(4, "little") + b"\x01\0\0\0"
    length = (44 + len(files) + len(block)).to_bytes(4, "little")
    head = (
        b"MSCF"
        + bytes(4)
        + length
        + bytes(4)
        + (44).to_bytes(4, "little")
        + bytes(4)
        + b"\x03\x01\x01\0\x02\0"
        + bytes(6)
    )
    found = seen("x.cab", head + folder + files + block)
    assert [(one.path, one.format) for one in found if isinstance(one, Entry)] == [
        ("x.cab", "cab"),
        ("x.cab/evil.js", ""),
        ("x.cab/b.pdf", "pe"),
    ]
    assert facts(found) == []


def test_how_a_name_was_read(tmp_path: Path) -> None:
    found = seen("x.xar", made(tmp_path, "--format=xar"))
    assert {reading.how for one in found if isinstance(one, Entry) and one.depth == 1 for reading in one.readings} == {
        "xar directory"
    }


def test_what_it_cannot_read() -> None:
    assert facts(seen("x.cab", CAB + bytes(100))) == ["unreadable"]


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "FOLDERS", ())
    assert seen("x.cab", CAB + bytes(100))[1] == Fact("not-opened", "x.cab", "bsdtar is not installed")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zeros").write_bytes(bytes(30_000_000))
    subprocess.run(["bsdtar", "-c", "-f", "made", "--zstd", "zeros"], cwd=tmp_path, check=True)
    data = (tmp_path / "made").read_bytes()
    budget = Budget()
    assert facts(seen("x.tar.zst", data, budget)) == ["ratio"]
    assert budget.unpacked <= 30_000_000 + limits.WINDOW
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 10_000_000)
    assert "too-large" in facts(seen("x.tar.zst", data))


def test_what_it_does_not_know_is_told() -> None:
    data = tarred(("a", b"x"))
    assert facts(seen("x.tar.zst", b"\x28\xb5\x2f\xfd" + data)) == ["unreadable"]


def test_a_single_file() -> None:
    """zstd: a frame with one raw block (RFC 8878). lzip is nothing to 7zz: the name is known."""
    frame = b"\x28\xb5\x2f\xfd\x20" + bytes([len(EXE)]) + (len(EXE) << 3 | 1).to_bytes(3, "little") + EXE
    entry = seen("evil.exe.zst", frame)[-1]
    assert isinstance(entry, Entry) and entry.path == "evil.exe.zst/evil.exe"
    assert entry.kind == "executable" or not program.path_of("7zz")
    found = seen("evil.exe.lz", b"LZIP\x01\x0c" + bytes(30))
    assert [one.path for one in found if isinstance(one, Entry)] == ["evil.exe.lz", "evil.exe.lz/evil.exe"]
    assert facts(found) == ["unreadable"]
