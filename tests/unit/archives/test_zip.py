"""zip: the directory and the local headers, whatever the one says of the other."""

from __future__ import annotations

import zipfile

import pytest

from mdafilter.archives import Entry
from tests.support.archives import EXE, by_program, facts, locked_zip, office, paths, seen, zipped

INNER = zipped(("evil.exe", EXE), ("a.txt", b"text"))


def test_names_sizes_and_kinds() -> None:
    found = seen("invoice.zip", INNER)
    exe = next(one for one in found if one.path == "invoice.zip/evil.exe")
    assert exe == Entry("invoice.zip/evil.exe", 1, exe.readings, len(EXE), "executable", "pe")  # type: ignore[union-attr]
    assert facts(found) == []


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_methods(method: int) -> None:
    found = seen("x.zip", zipped(("a.bin", EXE * 100), ("b.txt", b""), method=method))
    assert [one.format for one in found if isinstance(one, Entry)] == ["zip", "pe", ""]
    assert facts(found) == []


def test_an_archive_in_an_archive_has_both_in_its_path() -> None:
    found = seen("invoice.zip", zipped(("inner.zip", INNER)))
    assert "invoice.zip/inner.zip/evil.exe" in paths(found)


@pytest.mark.parametrize("name", ["notes.txt", "x.zip", "(no name)"])
def test_the_content_tells_whatever_the_name_is(name: str) -> None:
    assert f"{name}/evil.exe" in paths(seen(name, INNER))


def test_what_stands_before_or_behind_is_passed_over() -> None:
    assert paths(seen("x.zip", b"GIF89a" + b"x" * 1000 + INNER)) == ["x.zip/evil.exe", "x.zip/a.txt"]
    assert paths(seen("x.zip", INNER + b"x" * 1000)) == ["x.zip/evil.exe", "x.zip/a.txt"]


def test_a_zip_in_a_picture_is_one_if_it_is_called_so() -> None:
    assert paths(seen("x.gif", b"GIF89a" + INNER)) == []


def test_both_names_of_a_file_count() -> None:
    """Some programs go by the directory, others by the local headers."""
    data = INNER.replace(b"evil.exe", b"good.txt", 1)
    found = seen("x.zip", data)
    assert "names-differ" in facts(found)
    texts = {reading.text for one in found if isinstance(one, Entry) for reading in one.readings}
    assert {"evil.exe", "good.txt"} <= texts


def test_a_file_that_the_directory_hides_is_found() -> None:
    hidden = zipped(("evil.exe", EXE))
    hidden = hidden[: hidden.index(b"PK\x01\x02")]
    found = seen("x.zip", hidden + zipped(("good.txt", b"text")))
    assert set(paths(found)) == {"x.zip/good.txt", "x.zip/evil.exe"}
    assert "names-differ" in facts(found)


def test_without_its_directory() -> None:
    found = seen("x.zip", INNER[: INNER.index(b"PK\x01\x02")])
    assert paths(found) == ["x.zip/evil.exe", "x.zip/a.txt"]
    assert facts(found) == ["unreadable"]


def test_doubled_names_are_two_files() -> None:
    data = zipped(("a.txt", b"text"), ("b.txt", EXE)).replace(b"b.txt", b"a.txt")
    assert [one.kind for one in seen("x.zip", data) if isinstance(one, Entry)] == ["archive", "", "executable"]


def test_encrypted() -> None:
    found = seen("x.zip", locked_zip(("evil.exe", EXE)))
    assert paths(found) == ["x.zip/evil.exe"]
    assert facts(found) == ["encrypted"]


def test_encrypted_by_a_real_program() -> None:
    for program, options in (("zip", ("-P", "secret")), ("7zz", ("a", "-psecret", "-mem=AES256"))):
        data = by_program(program, *options, files=[("evil.js", b"x" * 100)], name="x.zip")
        found = seen("x.zip", data)
        assert paths(found) == ["x.zip/evil.js"]
        assert facts(found) == ["encrypted"]


def test_an_unknown_method_is_unreadable_and_has_its_name() -> None:
    data = bytearray(INNER)
    for sign, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(sign) + method] = 93  # Zstandard
    found = seen("x.zip", bytes(data))
    assert "x.zip/evil.exe" in paths(found)
    assert "unreadable" in facts(found)


def test_an_empty_zip() -> None:
    assert facts(seen("x.zip", zipped())) == []


def test_called_zip_and_none() -> None:
    assert facts(seen("x.zip", b"text " * 100)) == ["unreadable"]


def test_names_in_the_old_code_page() -> None:
    data = zipped(("Grue.exe", EXE)).replace(b"Grue", b"Gr\x81e")
    assert paths(seen("x.zip", data)) == ["x.zip/Grüe.exe"]


def test_what_its_files_make_it() -> None:
    jar = zipped(("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), ("Main.class", b"\xca\xfe\xba\xbe"))
    for data, made in ((jar, ("executable", "jar")), (office(), ("document", "ooxml"))):
        kinds = [(one.kind, one.format) for one in seen("x.dat", data) if isinstance(one, Entry) and not one.depth]
        assert kinds == [("archive", "zip"), made]


def test_macros_of_office_files() -> None:
    assert facts(seen("a.docx", office())) == []
    assert facts(seen("a.docx", office(("word/vbaProject.bin", b"x")))) == ["macros"]
    assert facts(seen("a.xlsx", office(("xl/macrosheets/sheet1.xml", b"x")))) == ["macros"]


def test_folders_have_no_name_to_match() -> None:
    found = seen("x.zip", zipped(("www.example.com/", b""), ("www.example.com/index.html", b"x")))
    assert paths(found) == ["x.zip/www.example.com/index.html"]
    assert any(isinstance(one, Entry) and one.kind == "folder" for one in found)
