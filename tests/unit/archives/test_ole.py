"""OLE2: what its directory tells."""

from __future__ import annotations

from tests.support.archives import facts, office, ole2, seen


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
