"""winmail.dat."""

from __future__ import annotations

from mdafilter.archives import Entry
from tests.support.archives import EXE, facts, paths, seen, tnef, zipped


def test_its_attachments() -> None:
    found = seen("winmail.dat", tnef(("a.txt", b"text"), ("evil.exe", EXE)))
    assert paths(found) == ["winmail.dat/a.txt", "winmail.dat/evil.exe"]
    assert [one.kind for one in found if isinstance(one, Entry)] == ["archive", "", "executable"]
    assert facts(found) == []


def test_the_long_name_is_the_first_and_the_short_one_counts() -> None:
    found = seen("winmail.dat", tnef(("a long name.exe", EXE), long_names=True))
    assert paths(found) == ["winmail.dat/a long name.exe"]
    assert isinstance(found[1], Entry) and [r.text for r in found[1].readings] == ["a long name.exe", "SHORT~1"]


def test_an_archive_in_it() -> None:
    assert "winmail.dat/a.zip/evil.exe" in paths(seen("winmail.dat", tnef(("a.zip", zipped(("evil.exe", EXE))))))


def test_cut_off() -> None:
    data = tnef(("a.txt", b"text"), ("evil.exe", EXE))
    found = seen("winmail.dat", data[:-20])
    assert "winmail.dat/a.txt" in paths(found)
    assert facts(found)[-1] == "unreadable"
