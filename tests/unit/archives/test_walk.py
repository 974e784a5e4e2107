"""The walk: depth, paths, and that it ends what it began."""

from __future__ import annotations

import os

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, Member
from mdafilter.archives.budget import Budget
from mdafilter.archives.walk import look
from tests.support.archives import EXE, facts, locked_zip, paths, seen, zipped


def nested(depth: int) -> bytes:
    data = EXE
    for n in range(depth):
        data = zipped((f"{n}.zip" if n else "evil.exe", data))
    return data


def test_as_deep_as_the_limit_and_no_deeper() -> None:
    assert facts(seen("x.zip", nested(limits.ARCHIVE_DEPTH))) == []
    assert paths(seen("x.zip", nested(limits.ARCHIVE_DEPTH)))[-1].endswith("/evil.exe")
    assert facts(seen("x.zip", nested(limits.ARCHIVE_DEPTH + 1))) == ["too-deep"]


def test_what_is_past_a_limit_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_ENTRIES", 3)
    budget = Budget()
    found = seen("x.zip", zipped(*((f"{n}.txt", b"x") for n in range(10))), budget)
    assert (len(paths(found)), facts(found)) == (3, ["too-many"])
    assert facts(seen("y.zip", zipped(("a", b"x")), budget)) == ["too-many"]


def test_one_who_stops_leaves_nothing_open() -> None:
    big = zipped(("inner.zip", zipped(("a.bin", os.urandom(limits.SPOOL_IN_MEMORY * 2)), ("b", b"x"))))
    before = len(os.listdir("/proc/self/fd"))
    walk = look(Member((("x.zip", ""),), lambda: iter([big])), Budget())
    for found in walk:
        if found.path.endswith("a.bin"):
            break
    assert len(os.listdir("/proc/self/fd")) > before
    walk.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_is_no_archive_is_one_entry() -> None:
    assert seen("a.txt", b"text") == [seen("a.txt", b"text")[0]]
    entry = seen("", b"")[0]
    assert isinstance(entry, Entry) and (entry.path, entry.readings, entry.kind) == ("(no name)", (), "")


def test_formats_that_nothing_reads() -> None:
    assert facts(seen("a.ace", b"1234567**ACE**")) == ["not-opened"]


def test_facts_are_not_told_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_FACTS", 5)
    found = seen("x.zip", zipped(("p.zip", locked_zip(*((f"{n}", b"x") for n in range(20)))), ("a.gz", b"x")))
    assert facts(found) == ["encrypted"] * 5 + ["unreadable"]


def test_a_member_of_a_zip_that_is_broken_does_not_end_it() -> None:
    data = bytearray(zipped(("a.bin", bytes(1000)), ("evil.exe", EXE)))
    data[data.index(b"a.bin") + 5] = 0xFF
    found = seen("x.zip", bytes(data))
    assert paths(found) == ["x.zip/a.bin", "x.zip/evil.exe"]
    assert facts(found) == ["unreadable"]
