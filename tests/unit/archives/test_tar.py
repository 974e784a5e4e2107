"""tar: ustar, pax, GNU, and sizes that nobody has."""

from __future__ import annotations

import tarfile

import pytest

from mdafilter.archives.tar import number
from tests.support.archives import EXE, facts, paths, seen, tarred, zipped


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_formats(form: int, mode: str) -> None:
    data = tarred(("docs/a.txt", b"text" * 1000), ("evil.exe", EXE), mode=mode, form=form)
    found = seen(f"x.tar.{mode}" if mode else "x.tar", data)
    top = "x.tar" if not mode else f"x.tar.{mode}/x.tar"
    assert paths(found)[-2:] == [f"{top}/docs/a.txt", f"{top}/evil.exe"]
    assert facts(found) == []


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names(form: int) -> None:
    name = "folder/" + "x" * 200 + ".exe"
    assert paths(seen("x.tar", tarred((name, EXE), form=form))) == [f"x.tar/{name}"]


def test_an_archive_in_it_is_opened() -> None:
    assert "x.tar/i.zip/evil.exe" in paths(seen("x.tar", tarred(("i.zip", zipped(("evil.exe", EXE))))))


def test_a_size_beyond_the_end() -> None:
    """ "The size of the file in bytes": it may say what it will; nothing of that size is made."""
    data = bytearray(tarred(("huge.bin", b"x" * 100), ("evil.exe", EXE), form=tarfile.GNU_FORMAT))
    data[124:136] = b"\x80" + (1 << 70).to_bytes(11, "big")
    head = data[:148] + b" " * 8 + data[156:512]
    data[148:156] = b"%06o\0 " % sum(head)
    found = seen("x.tar", bytes(data))
    assert "unreadable" in facts(found)
    assert "too-large" in facts(found)


@pytest.mark.parametrize(
    ("field", "value"),
    [(b"0000644\0", 0o644), (b" 12 \0", 0o12), (b"", 0), (b"xyz", 0), (b"\x80\0\0\1\0", 256), (b"\xff\xff", 0)],
)
def test_number(field: bytes, value: int) -> None:
    assert number(field) == value


def test_cut_off() -> None:
    data = tarred(("a.txt", b"x" * 5000))
    assert facts(seen("x.tar", data[:2000])) == ["unreadable"]


def test_a_header_behind_the_end_counts() -> None:
    """ "At the end of the archive ... two 512-octet logical records filled with binary zeros" (POSIX pax)."""
    more = tarred(("evil.exe", EXE))
    for end in (b"", bytes(512), bytes(1024), bytes(512 * 100)):
        assert paths(seen("x.tar", tarred(("a.txt", b"x"))[:1024] + end + more)) == ["x.tar/a.txt", "x.tar/evil.exe"]
    found = seen("x.tar", tarred(("a.txt", b"x")) + b"anything" * 100)
    assert (paths(found), facts(found)) == (["x.tar/a.txt"], [])
