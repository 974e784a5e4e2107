"""What the first octets say."""

from __future__ import annotations

import pytest

from mdafilter.archives.kinds import TABLE, kind_of
from tests.support.archives import tarred


@pytest.mark.parametrize(
    ("head", "kind", "format_"),
    [
        (b"MZ\x90\0\x03", "executable", "pe"),
        (b"MZ is the beginning of this text, and no program at all.", "", ""),
        (b"\x7fELF\x02", "executable", "elf"),
        (b"\xca\xfe\xba\xbe\0\0", "executable", "mach-o"),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", "shortcut", "lnk"),
        (b"\xef\xbb\xbf\r\n[internetshortcut]\r\nURL=file://x", "shortcut", "url"),
        (b"#!/bin/sh\n", "script", "script"),
        (b"#@~^XX==", "script", "encoded-script"),
        (b"<html><head><HTA:APPLICATION id=x>", "script", "hta"),
        (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "notebook", "onenote"),
        (b"PK\x03\x04", "archive", "zip"),
        (b"Rar!\x1a\x07\x01\0", "archive", "rar"),
        (b"BZh91AY&SY", "archive", "bzip2"),
        (b"BZh is no archive", "", ""),
        (b"\x5d\0\0\x80\0" + b"\xff" * 8, "archive", "lzma"),
        (b"\x5d\0\0\x80\0" + bytes(8), "archive", "lzma"),
        (b"\x5d\0\0\x81\0" + b"\xff" * 8, "", ""),
        (b"\x5d\0\0\x80\0" + b"\xff" * 7 + b"\xfe", "", ""),
        (b"070701", "archive", "cpio"),
        (b"07070 is a number", "", ""),
        (b"!<arch>\ndebian-binary", "archive", "ar"),
        (b"begin 644 a.exe\nM", "archive", "uuencode"),
        (b"begin here\n", "", ""),
        (b"{\\rt1", "document", "rtf"),
        (bytes(32769) + b"CD001", "disk-image", "iso"),
        (b"\n%PDF-1.7", "document", "pdf"),
        (b"Received: from x", "mail", "eml"),
        (b"Hello: this is a text", "", ""),
        (b"", "", ""),
    ],
)
def test_kind(head: bytes, kind: str, format_: str) -> None:
    assert (kind_of(head).name, kind_of(head).format) == (kind, format_)


def test_a_tar_without_magic_is_known_by_its_checksum() -> None:
    data = bytearray(tarred(("a.txt", b"x"), form=0))
    data[257:265] = bytes(8)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 256 + sum(data[156:512]))
    assert kind_of(bytes(data)).format == "tar"


def test_each_row_is_reached() -> None:
    """No magic number hides one below it."""
    for name, format_, at, magic in TABLE:
        found = kind_of(bytes(at) + magic + b"\x10\0-\x08" + bytes(300))
        if format_ not in ("bzip2", "lha", "cpio", "uuencode"):  # which need more than their magic number
            assert (found.name, found.format) == (name, format_)
