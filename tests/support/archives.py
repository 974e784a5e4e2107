"""Archives for tests: made by the standard library, by the programs zip and 7zz, and (TNEF, OLE2) octet by octet; rar.py."""

from __future__ import annotations

import binascii
import io
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from mdafilter.archives import Entry, Fact, Member
from mdafilter.archives.budget import Budget
from mdafilter.archives.program import ELSE
from mdafilter.archives.walk import look

EXE = b"MZ\x90\0 no program, only the first octets of one"


def seen(name: str, data: bytes, budget: Budget | None = None) -> list[Entry | Fact]:
    """All that is found in an attachment of this name."""
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)]
    return list(look(Member(((name, "test"),), lambda: iter(pieces)), budget or Budget()))


def paths(found: Iterable[Entry | Fact]) -> list[str]:
    """The paths of the files in the attachment."""
    return [one.path for one in found if isinstance(one, Entry) and one.depth and one.readings]


def facts(found: Iterable[Entry | Fact]) -> list[str]:
    """The names of the facts."""
    return [one.name for one in found if isinstance(one, Fact)]


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(*files: tuple[str, bytes], mode: str = "", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{mode}", format=form) as archive:  # type: ignore[call-overload]
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def by_program(program: str, *options: str, files: Iterable[tuple[str, bytes]], name: str) -> bytes:
    """What `zip` or `7zz` makes of the files; the test is skipped where the program is missing."""
    found = shutil.which(program) or shutil.which(ELSE.get(program, program))
    if found is None:
        pytest.skip(f"{program} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for file, data in files:
            Path(folder, file).write_bytes(data)
        command = [found, *options, name, *(file for file, _data in files)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return Path(folder, name).read_bytes()


def locked_zip(*files: tuple[str, bytes]) -> bytes:
    """An encrypted zip: bit 0 of the flags is set, in the headers and in the directory (APPNOTE.TXT 4.4.4)."""
    data = bytearray(zipped(*files))
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(sign)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(sign, at + 1)
    return bytes(data)


# --- TNEF and OLE2 -----------------------------------------------------------------------------------------------


def _attribute(level: int, attribute: int, data: bytes) -> bytes:
    head = bytes([level]) + attribute.to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + data + (sum(data) & 0xFFFF).to_bytes(2, "little")


def tnef(*files: tuple[str, bytes], long_names: bool = False, head: bytes = b"", beside: bytes = b"") -> bytes:
    """winmail.dat: a version, and for each file its rendering, title, content, and perhaps its MAPI properties.

    A file that is TNEF is a message that is attached, with `beside` as its content; `head` are attributes of the message
    itself.
    """
    out = b"\x78\x9f\x3e\x22\x01\0" + _attribute(1, 0x00089006, b"\0\0\x01\0") + head
    for name, data in files:
        title = "SHORT~1" if long_names else name
        out += _attribute(2, 0x00069002, bytes(14)) + _attribute(2, 0x00018010, title.encode("latin-1") + b"\0")
        if data.startswith(b"\x78\x9f\x3e\x22"):
            method = (0x3705 << 16 | 0x0003, (5).to_bytes(4, "little"))  # PidTagAttachMethod: afEmbeddedMessage
            inner = (0x3701 << 16 | 0x000D, b"\x07\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + data)
            out += _attribute(2, 0x0006800F, beside) if beside else b""
            out += _attribute(2, 0x00069005, mapi(method, inner))
            continue
        out += _attribute(2, 0x0006800F, data)
        if long_names:
            out += _attribute(2, 0x00069005, mapi((0x3707 << 16 | 0x001F, f"{name}\0".encode("utf-16-le"))))
    return out


def tnef_message(subject: str, *properties: tuple[int, bytes], codepage: int = 1252) -> bytes:
    """The attributes of a message itself ([MS-OXTNEF] 2.1.3.3)."""
    out = _attribute(1, 0x00069007, codepage.to_bytes(4, "little") + bytes(4))
    out += _attribute(1, 0x00018004, subject.encode(f"cp{codepage}") + b"\0")
    return out + _attribute(1, 0x00069003, mapi(*properties))


def mapi(*properties: tuple[int, bytes]) -> bytes:
    """A list of properties: number and type in one, and the value ([MS-OXTNEF] 2.1.3.4)."""
    out = len(properties).to_bytes(4, "little")
    for tag, value in properties:
        out += (tag & 0xFFFF).to_bytes(2, "little") + (tag >> 16).to_bytes(2, "little")
        if tag >> 16 >= 0x8000:  # a name of its own: here by a text
            name = "x-name\0".encode("utf-16-le")
            out += bytes(16) + b"\x01\0\0\0" + len(name).to_bytes(4, "little") + name + bytes(-len(name) % 4)
        if tag & 0xFFFF in (0x001E, 0x001F, 0x0102, 0x000D):
            out += b"\x01\0\0\0" + len(value).to_bytes(4, "little")
        out += value + bytes(-len(value) % 4)
    return out


def ole2(*names: str) -> bytes:
    """A compound file with these names in its directory, which is its second sector."""
    directory = b""
    for name in ("Root Entry", *names):
        text = f"{name}\0".encode("utf-16-le")
        directory += text + bytes(64 - len(text)) + len(text).to_bytes(2, "little") + bytes(62)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + directory


def office(*files: tuple[str, bytes]) -> bytes:
    """A Word file of today."""
    return zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>"), *files)


# --- in a text ----------------------------------------------------------------------------------------------------


def uu(name: str, data: bytes, newline: bytes = b"\n") -> bytes:
    lines = [binascii.b2a_uu(data[at : at + 45])[:-1] for at in range(0, len(data), 45)]
    return newline.join([b"begin 644 " + name.encode(), *lines, b"`", b"end", b""])


def yenc(name: str, data: bytes) -> bytes:
    body = b"".join(
        b"=" + bytes([(octet + 106) % 256]) if (octet + 42) % 256 in b"\0\r\n=" else bytes([(octet + 42) % 256])
        for octet in data
    )
    lines = b"\r\n".join(body[at : at + 128] for at in range(0, len(body), 128))
    size = str(len(data)).encode()
    return b"=ybegin line=128 size=" + size + b" name=" + name.encode() + b"\r\n" + lines + b"\r\n=yend size=" + size


# --- bombs -------------------------------------------------------------------------------------------------------


def zeros(size: int) -> Iterator[bytes]:
    """So many zero octets, in pieces."""
    piece = bytes(1024 * 1024)
    while size > 0:
        yield piece[:size]
        size -= len(piece)


def deflated(size: int) -> bytes:
    """So many zero octets as a deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(map(packer.compress, zeros(size))) + packer.flush()
