"""What bsdtar reads."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, Fact, bsdtar, program
from mdafilter.archives.budget import Budget
from tests.support.archives import EXE, facts, seen, zipped

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
        ("cpio", ("--format=newc",)),
    ],
)
def test_formats(ending: str, options: tuple[str, ...], tmp_path: Path) -> None:
    found = seen(f"x.{ending}", made(tmp_path, *options))
    kinds = {one.path.partition("/")[2]: one.format for one in found if isinstance(one, Entry) and one.readings}
    assert kinds["a.zip/evil.exe"] == "pe"
    assert kinds["grün.pdf"] == "pe"
    assert {"evil.js", "-x"} <= set(kinds)
    assert facts(found) == []


def cabinet(*files: tuple[str, int], block: bytes, blocks: int = 1, unpacked: int = 0, method: int = 0) -> bytes:
    """[MS-CAB]: a header, one folder, files by name and size, and a block so many times."""
    listed, at = b"", 0
    for name, size in files:
        listed += (
            size.to_bytes(4, "little") + at.to_bytes(4, "little") + b"\0\0\x21\x59\0\0\x20\0" + name.encode() + b"\0"
        )
        at += size
    sizes = len(block).to_bytes(2, "little") + (unpacked or len(block)).to_bytes(2, "little")
    data = (bytes(4) + sizes + block) * blocks
    folder = (44 + len(listed)).to_bytes(4, "little") + blocks.to_bytes(2, "little") + method.to_bytes(2, "little")
    whole = (44 + len(listed) + len(data)).to_bytes(4, "little")
    head = b"MSCF" + bytes(4) + whole + bytes(4) + (44).to_bytes(4, "little") + bytes(4) + b"\x03\x01\x01\0"
    return head + len(files).to_bytes(2, "little") + bytes(6) + folder + listed + data


def test_cab() -> None:
    found = seen("x.cab", cabinet(("evil.js", 1), ("b.pdf", len(EXE)), block=b"x" + EXE))
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
    """Blocks of zeros, packed by MSZIP ([MS-MCI]): "CK" and a deflate stream of 32 KiB each."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"CK" + packer.compress(bytes(32768)) + packer.flush()
    data = cabinet(("0", 32768 * 1000), block=packed, blocks=1000, unpacked=32768, method=1)
    budget = Budget()
    assert facts(seen("x.cab", data, budget)) == ["ratio"]
    assert budget.unpacked <= 32768 * 1000 + limits.WINDOW
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 10_000_000)
    assert "too-large" in facts(seen("x.cab", data))
