"""winmail.dat."""

from __future__ import annotations

from mdafilter.archives import Entry
from tests.support.archives import EXE, facts, paths, seen, tnef, tnef_message, zipped


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


def test_what_is_attached_to_a_message_that_is_attached() -> None:
    inner = tnef(("evil.exe", EXE), head=tnef_message("Pills"))
    found = paths(seen("winmail.dat", tnef(("a.txt", b"text"), ("Pills", inner))))
    assert "winmail.dat/Pills/evil.exe" in found and "winmail.dat/a.txt" in found


def test_of_an_attachment_with_a_content_and_a_message_neither_hides_the_other() -> None:
    inner = tnef(("evil.exe", EXE))
    found = seen("winmail.dat", tnef(("Pills", inner), beside=zipped(("b.exe", EXE))))
    assert {"winmail.dat/Pills/evil.exe", "winmail.dat/Pills/b.exe"} <= set(paths(found))


def test_an_object_that_is_no_message_is_not_opened() -> None:
    inner = tnef(("evil.exe", EXE))
    data = tnef(("object", inner)).replace(b"\x07\x03\x02\0\0\0\0\0\xc0", b"\x0b\0\0\0\0\0\0\0\xc0")
    assert "not-opened" in facts(seen("winmail.dat", data))
