"""Messages in archives: each file *.eml and *.msg, within bounds."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.train.packed import PackedMessages, format_of, is_mail_name
from tests.support.archives import deflated, locked_zip, tarred, tnef, zipped
from tests.support.forwards import OTHER, SPAM, filed


def held(data: bytes, archives: PackedMessages | None = None) -> list[tuple[str, bytes]]:
    part = Message.parse(filed(b"a.bin", data)).parts[2]
    return list((archives or PackedMessages()).in_part(part, format_of(data[: limits.ARCHIVE_HEAD])))


FILES = (("x/a.eml", SPAM), ("b.txt", OTHER), ("c.EML", OTHER))


@pytest.mark.parametrize("data", [zipped(*FILES), tarred(*FILES), tnef(*FILES)], ids=["zip", "tar", "tnef"])
def test_all_messages(data: bytes) -> None:
    assert [found for _, found in held(data)] == [SPAM, OTHER]


def test_formats() -> None:
    assert [format_of(data[:512]) for data in (zipped(), tarred(FILES[0]), tnef())] == ["zip", "tar", "tnef"]
    assert [format_of(data) for data in (b"", b"\x1f\x8b\x08", SPAM, b"%PDF-")] == [""] * 4


def test_names() -> None:
    assert is_mail_name("x.EML") and is_mail_name("x.Msg")
    assert not is_mail_name("eml")


def test_what_cannot_be_read_is_passed_over() -> None:
    assert held(locked_zip(("a.eml", SPAM))) == []
    broken = zipped(("a.eml", SPAM * 50), ("b.eml", OTHER))
    at = broken.index(b"a.eml") + 40
    assert held(broken[:at] + bytes(8) + broken[at + 8 :]) == [("b.eml", OTHER)]
    assert held(zipped(("a.eml", SPAM))[:60]) == []


def test_a_folder_is_no_message() -> None:
    assert held(zipped(("a.eml/", b""), ("a.eml/b.eml", SPAM))) == [("a.eml/b.eml", SPAM)]


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped(("a.eml", b"From: x\n\n" + bytes(limits.ARCHIVE_RATIO_FROM + 1)), ("b.eml", SPAM))
    assert held(bomb) == [("b.eml", SPAM)]


def test_an_archive_that_lies_about_a_size_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ORIGINAL_OCTETS", 100_000)
    assert held(zipped(("a.eml", b"From: x\n\n" + bytes(200_000)), ("b.eml", SPAM))) == [("b.eml", SPAM)]
    assert len(deflated(200_000)) < 1000


def test_all_archives_of_a_report_share_what_may_be_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ORIGINALS_UNPACKED", 2 * len(SPAM))
    archives = PackedMessages()
    assert [len(held(zipped(("a.eml", SPAM)), archives)) for _ in range(3)] == [1, 1, 0]


def test_no_more_files_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_ENTRIES", 3)
    assert len(held(zipped(*((f"{n}.eml", SPAM) for n in range(10))))) == 3
