"""Objects in RTF."""

from __future__ import annotations

import pytest

from mdafilter.archives import Entry, rtf
from tests.support.archives import EXE, facts, ole2, paths, seen
from tests.support.compound import package


def text(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def document(kind: bytes, content: bytes, *, line: int = 0) -> bytes:
    """A document with an object; its digits in lines of that length."""
    data = b"\x01\x05\0\0\x02\0\0\0" + text(kind + b"\0") + text(b"") * 2 + content
    digits = data.hex()
    if line:
        digits = "\r\n".join(digits[at : at + line] for at in range(0, len(digits), line))
    return b"{\\rtf1 text {\\object\\objemb{\\*\\objclass x}{\\*\\objdata " + digits.encode() + b"}{\\result x}}}"


@pytest.mark.parametrize("line", [0, 1, 63, 64])
@pytest.mark.parametrize("data", [EXE, EXE * 2000])
def test_a_file_that_was_dragged_into_it(line: int, data: bytes) -> None:
    found = seen("a.rtf", document(b"Package", package("evil.exe", data), line=line))
    assert paths(found) == ["a.rtf/C:/Temp/evil.exe"]
    assert isinstance(found[1], Entry) and (found[1].format, found[1].size) == ("pe", len(data))
    assert any(reading.text == "evil.exe" for reading in found[1].readings)


def test_a_document_in_it_whatever_it_is_called() -> None:
    found = seen("a.doc", document(b"Word.Document.8", text(ole2("_VBA_PROJECT"))))
    assert (paths(found), facts(found)) == (["a.doc/Word.Document.8"], ["macros"])


@pytest.mark.parametrize("data", [b"{\\rtf1\\objdata", b"{\\rtf1\\objdata 0", b"{\\rtf1\\objdata zz", b"{\\rtf1 text}"])
def test_nothing_in_it(data: bytes) -> None:
    assert facts(seen("a.rtf", data)) == []


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtf, "OBJECTS", 3)
    assert len(seen("a.rtf", b"{\\rtf1" + b"\\objdata 00" * 10)) == 1 + 3
