"""gz, bz2, xz."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma

import pytest

from mdafilter.archives import Entry
from tests.support.archives import EXE, facts, paths, seen


@pytest.mark.parametrize(("pack", "ending"), [(gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")])
def test_one_file(pack: object, ending: str) -> None:
    data: bytes = pack(EXE * 1000)  # type: ignore[operator]
    found = seen(f"evil.exe.{ending}", data)
    assert paths(found) == [f"evil.exe.{ending}/evil.exe"]
    assert isinstance(found[1], Entry) and found[1].kind == "executable"
    assert facts(found) == []
    assert facts(seen(f"a.{ending}", data[: len(data) // 2])) in ([], ["unreadable"])


@pytest.mark.parametrize(
    ("outer", "inner"), [("a.tgz", "a.tar"), ("a.tar.gz", "a.tar"), ("a.tbz2", "a.tar"), ("a.txt", "a.txt")]
)
def test_names(outer: str, inner: str) -> None:
    assert paths(seen(outer, gzip.compress(b"text"))) == [f"{outer}/{inner}"]


def test_the_name_in_the_gzip_header_counts() -> None:
    out = io.BytesIO()
    with gzip.GzipFile("evil.exe", "wb", fileobj=out) as file:
        file.write(b"x")
    entry = seen("a.gz", out.getvalue())[1]
    assert isinstance(entry, Entry) and [reading.text for reading in entry.readings] == ["a", "evil.exe"]


def test_the_name_in_the_gzip_header_may_stand_behind_an_extra_field() -> None:
    """ "FLG.FEXTRA: ... XLEN gives the length of the optional extra field" (RFC 1952, 2.3.1): up to 65,535 octets."""
    for extra in (b"", b"ab", bytes(65_535)):
        head = b"\x1f\x8b\x08\x0c" + bytes(6) + len(extra).to_bytes(2, "little") + extra + b"evil.exe\0"
        entry = seen("a.gz", head + gzip.compress(b"text", mtime=0)[10:])[1]
        assert isinstance(entry, Entry) and [reading.text for reading in entry.readings] == ["a", "evil.exe"]


def test_lzma_as_it_was_before_xz() -> None:
    entry = seen("evil.exe.lzma", lzma.compress(EXE, format=lzma.FORMAT_ALONE))[1]
    assert isinstance(entry, Entry) and (entry.path, entry.kind) == ("evil.exe.lzma/evil.exe", "executable")


def test_joined_streams_are_one_file() -> None:
    """ "A compressed data set consists of a series of members" (RFC 1952, 2.2)."""
    entry = seen("a.gz", gzip.compress(b"M") + gzip.compress(EXE[1:]))[1]
    assert isinstance(entry, Entry) and entry.kind == "executable"


def test_called_so_and_none() -> None:
    assert facts(seen("a.gz", b"text")) == ["unreadable"]
