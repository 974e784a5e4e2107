"""OLE2: what its directory tells, and what is in its streams."""

from __future__ import annotations

import pytest

from mdafilter.archives import Entry, Fact
from tests.support.archives import EXE, facts, office, ole2, paths, seen, zipped
from tests.support.compound import compound, msg, package


def test_macros() -> None:
    assert facts(seen("a.doc", ole2("WordDocument", "Macros", "VBA", "_VBA_PROJECT"))) == ["macros"]
    assert facts(seen("a.xls", ole2("Workbook", "_VBA_PROJECT_CUR", "VBA"))) == ["macros"]
    assert facts(seen("a.doc", ole2("WordDocument"))) == []


def test_encrypted() -> None:
    assert facts(seen("a.docx", ole2("EncryptionInfo", "EncryptedPackage"))) == ["encrypted"]


def test_the_name_elsewhere_is_no_entry() -> None:
    text = ole2("WordDocument") + b"x" * 70 + "_VBA_PROJECT\0".encode("utf-16-le")
    assert facts(seen("a.doc", text)) == []
    assert facts(seen("a.doc", ole2("WordDocument") + "_VBA_PROJECT\0".encode("utf-16-le") + bytes(200))) == []


def test_a_project_under_another_name_in_an_office_file() -> None:
    found = seen("a.docx", office(("word/harmless.bin", ole2("VBA", "_VBA_PROJECT"))))
    assert facts(found) == ["macros"]
    assert found[-1].path == "a.docx" or any(one.path == "a.docx/word/harmless.bin" for one in found)


# --- what is in the streams --------------------------------------------------------------------------------------


def kinds(found: list[Entry | Fact]) -> dict[str, str]:
    return {one.path: one.format for one in found if isinstance(one, Entry) and one.depth}


def test_a_file_in_a_document() -> None:
    for data in (EXE, EXE * 200):
        found = seen(
            "a.doc", compound(("WordDocument", bytes(5000)), ("ObjectPool/_1/\1Ole10Native", package("evil.exe", data)))
        )
        assert kinds(found) == {"a.doc/C:/Temp/evil.exe": "pe"}
    inner = compound(("\1Ole10Native", package("a.zip", zipped(("evil.js", b"x")))))
    found = seen("a.docx", office(("word/embeddings/oleObject1.bin", inner)))
    assert "a.docx/word/embeddings/oleObject1.bin/C:/Temp/a.zip/evil.js" in paths(found)


def test_all_of_its_names_count() -> None:
    """Office shows the label, and saves under the name in Unicode where there is one."""
    data = package("b.txt", b"x", shown="a.txt", unicode="evil.exe")
    entry = seen("a.doc", compound(("\1Ole10Native", data)))[-1]
    assert isinstance(entry, Entry)
    assert {"a.txt", "b.txt", "evil.exe"} <= {reading.text for reading in entry.readings}


def test_an_object_that_the_packager_has_not_made() -> None:
    found = seen("a.doc", compound(("\1Ole10Native", len(EXE).to_bytes(4, "little") + EXE)))
    assert kinds(found) == {"a.doc/(no name)": "pe"}


def test_a_document_in_a_document() -> None:
    inner = office(("word/vbaProject.bin", ole2("_VBA_PROJECT")))
    assert "macros" in facts(seen("a.xls", compound(("MBD1/Package", inner))))


def test_attachments_of_a_message_of_outlook() -> None:
    found = seen("a.msg", msg(("a.txt", b"text"), ("evil.exe", EXE), ("i.zip", zipped(("b.js", b"x")))))
    assert set(paths(found)) == {"a.msg/a.txt", "a.msg/evil.exe", "a.msg/i.zip", "a.msg/i.zip/b.js"}
    assert kinds(found)["a.msg/evil.exe"] == "pe"


def record(kind: int, data: bytes) -> bytes:
    return kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data


@pytest.mark.parametrize(
    ("records", "fact"),
    [
        (record(0x85, bytes(5) + b"\1\5\0Macro"), ["macros"]),
        (record(0x85, bytes(5) + b"\0\5\0Sheet"), []),
        (record(0x2F, bytes(6)), ["encrypted"]),
        (record(10, b"") + record(0x2F, bytes(6)), []),
        (b"", []),
    ],
)
def test_workbooks(records: bytes, fact: list[str]) -> None:
    data = record(0x809, bytes(16)) + records
    for name in ("Workbook", "Book"):
        assert facts(seen("a.xls", compound((name, data.ljust(5000, b"\0"))))) == fact


def test_passwords_of_word_and_powerpoint() -> None:
    assert facts(seen("a.doc", compound(("WordDocument", bytes(11) + b"\1" + bytes(5000))))) == ["encrypted"]
    assert facts(seen("a.ppt", compound(("Current User", bytes(12) + b"\xdf\xc4\xd1\xf3" + bytes(9))))) == ["encrypted"]
    assert facts(seen("a.ppt", compound(("Current User", bytes(12) + b"\x5f\xc0\x91\xe3" + bytes(9))))) == []


def test_macros_of_powerpoint() -> None:
    atom = b"\x02\0\0\x04\x0c\0\0\0" + bytes(4) + b"\1\0\0\0" + b"\2\0\0\0"
    for before in (0, 500, 4090, 65_525):
        assert facts(seen("a.ppt", compound(("PowerPoint Document", bytes(before % 20_000 + 4096) + atom)))) == [
            "macros"
        ]
    none = atom.replace(b"\1\0\0\0", bytes(4))
    assert facts(seen("a.ppt", compound(("PowerPoint Document", bytes(5000) + none)))) == []


def test_each_fact_once() -> None:
    data = compound(
        ("Workbook", record(0x85, bytes(5) + b"\1")),
        ("_VBA_PROJECT_CUR/x", b""),
        ("Book", record(0x85, bytes(5) + b"\1")),
    )
    assert facts(seen("a.xls", data)) == ["macros"]
