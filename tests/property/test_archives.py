"""Whatever octets an opener gets, it gives Entries and Facts, within the bounds."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.archives import Entry, Fact
from mdafilter.archives.budget import Budget
from mdafilter.archives.kinds import kind_of
from tests.support.archives import EXE, locked_zip, office, ole2, seen, tarred, tnef, uu, zipped
from tests.support.compound import compound, msg, package
from tests.support.rar import packed_rar5, rar4, rar5

FILES = (("evil.exe", EXE), ("docs/a.txt", b"text" * 50), ("i.zip", zipped(("b.js", b"x"))))
GOOD = {
    "zip": zipped(*FILES),
    "locked": locked_zip(*FILES),
    "docx": office(("word/vbaProject.bin", ole2("_VBA_PROJECT"))),
    "tar": tarred(*FILES),
    "gz": gzip.compress(EXE, mtime=0),
    "tgz": gzip.compress(tarred(*FILES), mtime=0),
    "bz2": bz2.compress(EXE),
    "xz": lzma.compress(EXE),
    "dat": tnef(*FILES, long_names=True),
    "doc": ole2("VBA", "_VBA_PROJECT"),
    "msg": msg(*FILES),
    "xls": compound(("Workbook", b"\x85\0\x08\0" + bytes(500)), ("\1Ole10Native", package("evil.exe", EXE))),
    "rtf": b"{\\rtf1{\\object{\\*\\objdata 0105000002000000"
    + (b"\x08\0\0\0Package\0" + bytes(8) + package("x.exe", EXE)).hex().encode(),
    "uue": uu("evil.exe", EXE),
    "lzma": lzma.compress(EXE, format=lzma.FORMAT_ALONE),
    "eml": b"From: a\nContent-Type: application/zip; name=x.zip\n\n" + zipped(*FILES),
}
GOOD |= {"rar": rar4(*FILES), "rar5": rar5(*FILES)}
# Those for which another process is started.
FOREIGN = {
    "packed.rar": packed_rar5(*FILES),
    "7z": b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24),
    "cab": b"MSCF\0\0\0\0" + bytes(40),
}
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=8)), max_size=4)


def changed(data: bytes, changes: list[tuple[int, bytes]], cut: int) -> bytes:
    """The octets with some others in their places, and perhaps cut off."""
    out = bytearray(data)
    for at, octets in changes:
        at %= len(out)
        out[at : at + len(octets)] = octets
    return bytes(out[: len(out) - cut % len(out)] if cut % 3 == 0 else out)


def look(name: str, data: bytes) -> None:
    budget = Budget()
    found = seen(name, data, budget)
    assert found and isinstance(found[0], Entry)
    assert all(isinstance(one, Entry | Fact) for one in found)
    assert budget.entries <= limits.ARCHIVE_ENTRIES + 1
    assert budget.unpacked <= limits.ARCHIVE_UNPACKED + limits.WINDOW
    for one in found:
        assert one.path


@pytest.mark.parametrize("ending", GOOD)
@given(changes=CHANGES, cut=st.integers(0, 10**6))
def test_a_changed_archive_is_facts_and_no_exception(ending: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    look(f"x.{ending}", changed(GOOD[ending], changes, cut))


@pytest.mark.parametrize("ending", FOREIGN)
@settings(max_examples=8)
@given(changes=CHANGES, cut=st.integers(0, 10**6))
def test_a_changed_foreign_archive_likewise(ending: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    look(f"x.{ending}", changed(FOREIGN[ending], changes, cut))


HEADS = st.sampled_from([b"", *(data[:40] for data in GOOD.values()), b"PK\x05\x06", b"PK\x01\x02", b"BZh9", b"MSCF"])


@given(HEADS, st.binary(max_size=600), HEADS, st.sampled_from(["zip", "tar", "gz", "eml", "txt"]))
def test_any_octets(head: bytes, octets: bytes, tail: bytes, ending: str) -> None:
    look(f"x.{ending}", head + octets + tail)
    kind_of(octets)


NAME = st.text(
    st.characters(codec="utf-8", exclude_characters="\0/\\", exclude_categories=["Cs"]), min_size=1, max_size=30
)


@given(NAME, st.sampled_from(["zip", "tar"]))
def test_any_name_in_an_archive_is_read_as_it_is(name: str, form: str) -> None:
    data = (zipped if form == "zip" else tarred)((f"{name}.exe", EXE))
    entry = next(one for one in seen("x", data) if isinstance(one, Entry) and one.depth)
    assert entry.kind == "executable"
    assert any(reading.text.rstrip(" .").lower().endswith(".exe") for reading in entry.readings)
