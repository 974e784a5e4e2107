"""One file that a program unpacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, program
from mdafilter.archives.budget import Budget
from tests.support.archives import EXE, by_program, facts, paths, seen, tarred

# RFC 8878: a frame with one block that is not packed; the same of LZ4 (its frame format 1.6).
ZSTD = b"\x28\xb5\x2f\xfd\x20" + bytes([len(EXE)]) + (len(EXE) << 3 | 1).to_bytes(3, "little") + EXE
LZ4 = b"\x04\x22\x4d\x18\x60\x40\x82" + (len(EXE) | 1 << 31).to_bytes(4, "little") + EXE + bytes(4)


@pytest.mark.parametrize(("ending", "data", "by"), [("zst", ZSTD, "zstd 7zz"), ("lz4", LZ4, "lz4")])
def test_one_file(ending: str, data: bytes, by: str) -> None:
    found = seen(f"evil.exe.{ending}", data)
    assert paths(found) == [f"evil.exe.{ending}/evil.exe"]
    if any(map(program.path_of, by.split())):
        assert isinstance(found[1], Entry) and found[1].kind == "executable"
        assert facts(found) == []


def test_a_tar_in_it(tmp_path: Path) -> None:
    if not program.path_of("gzip"):
        pytest.skip("gzip is not installed")
    data = by_program("bsdtar", "-c", "--compress", "-f", files=[("evil.exe", EXE)], name="x")
    assert paths(seen("x.tar.Z", data)) == ["x.tar.Z/x.tar", "x.tar.Z/x.tar/evil.exe"]


def test_without_a_program_the_name_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "FOLDERS", ())
    for name, data in (
        ("a.zst", ZSTD),
        ("a.lz4", LZ4),
        ("a.lz", b"LZIP\x01\x0c" + bytes(30)),
        ("a.Z", b"\x1f\x9d\x90x"),
    ):
        found = seen(name, data)
        assert (paths(found), facts(found)) == ([f"{name}/a"], ["unreadable"])


def test_broken() -> None:
    assert facts(seen("a.zst", ZSTD[:5] + b"\xff" * 100)) == ["unreadable"]


def test_a_list_of_files_of_the_machine_is_a_text(tmp_path: Path) -> None:
    """mtree(5), in which a file is what stands in another one: bsdtar would read it."""
    text = b"#mtree\n./evil type=file contents=/etc/passwd size=20\n"
    frame = b"\x28\xb5\x2f\xfd\x20" + bytes([len(text)]) + (len(text) << 3 | 1).to_bytes(3, "little") + text
    assert paths(seen("a.zst", frame)) == ["a.zst/a"]


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    if not program.path_of("zstd") and not program.path_of("7zz"):
        pytest.skip("neither zstd nor 7zz is installed")
    zeros = tarred(("0", b""))[:512] + bytes(30_000_000)
    blocks = b"".join((131_072 << 3 | 2).to_bytes(3, "little") + b"\0" for _ in range(300)) + b"\x01\0\0"
    budget = Budget()
    data = b"\x28\xb5\x2f\xfd\0\x38" + blocks
    assert set(facts(seen("x.tar.zst", data, budget))) & {"ratio", "too-large"} or len(
        data
    ) * limits.ARCHIVE_RATIO > len(zeros)
    assert budget.unpacked <= limits.ARCHIVE_UNPACKED + limits.WINDOW
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 10_000_000)
    assert facts(seen("x.tar.zst", data)) == ["too-large"]
