"""Ways to get a program past rules/attachments.sieve, each tried from end to end, and what passes and may."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from mdafilter.archives import bsdtar, rar, seven
from tests.support.archives import EXE, by_program, locked_zip, office, ole2, tarred, tnef, uu, zipped
from tests.support.attached import attached
from tests.support.compound import compound, msg, package
from tests.support.rar import file5, packed_rar5, rar4, rar5, vint
from tests.support.script import folders
from tests.support.shipped import mail, ruled

PLAIN = zipped(("evil.exe", b"x"))
INNER = zipped(("a.zip", PLAIN))
HARMLESS = zipped(("a.txt", b"text"))
HIDDEN = PLAIN[: PLAIN.index(b"PK\x01\x02")]
LNK = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
JAR = zipped(("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), ("Main.class", b"\xca\xfe\xba\xbe"))
EML = attached(("x.zip", PLAIN))


def zip64() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open(zipfile.ZipInfo("evil.exe"), "w", force_zip64=True) as file:
        file.write(EXE)
    return out.getvalue()


def streamed() -> bytes:
    """Sizes that stand behind the data, and 0 before it."""

    class Pipe(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(data)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pdf", EXE)
    return pipe.data


def link(kind: bytes) -> bytes:
    info = tarfile.TarInfo("evil.exe")
    info.type, info.linkname = kind, "a.txt"
    return info.tobuf() + bytes(1024)


def named(extra: bytes) -> bytes:
    """gzip with an extra field and a name in its header."""
    head = b"\x1f\x8b\x08\x0c" + bytes(6) + len(extra).to_bytes(2, "little") + extra + b"evil.exe\0"
    return head + gzip.compress(b"text", mtime=0)[10:]


ATTACHED: dict[str, tuple[str, bytes]] = {
    "zip behind something": ("a.zip", b"x" * 1000 + PLAIN),
    "zip behind a pdf": ("a.zip", b"%PDF-1.4\n" + PLAIN),
    "zip with an end record in its comment": ("a.zip", PLAIN[:-2] + b"\x16\0PK\x05\x06" + bytes(18)),
    "zip with a comment that is longer than stated": ("a.zip", PLAIN[:-2] + b"\xff\xff" + b"c" * 500),
    "two zips": ("a.zip", PLAIN + HARMLESS),
    "two zips, turned around": ("a.zip", HARMLESS + PLAIN),
    "zip64": ("a.zip", zip64()),
    "zip whose sizes stand behind the data": ("a.zip", streamed()),
    "zip, and no directory": ("a.zip", streamed()[: streamed().index(b"PK\x01\x02")]),
    "NUL in a name": ("a.zip", PLAIN.replace(b"evil.exe", b"ev.exe\0x")),
    "backslash in a name": ("a.zip", PLAIN.replace(b"evil.exe", b"d\\il.exe")),
    "dot behind a name": ("a.zip", PLAIN.replace(b"evil.exe", b"vil.exe.")),
    "blank behind a name": ("a.zip", PLAIN.replace(b"evil.exe", b"vil.exe ")),
    "name in no charset": ("a.zip", PLAIN.replace(b"evil", b"\xff\xfe\x81v")),
    "name of the directory only": ("a.zip", PLAIN.replace(b"evil.exe", b"good.txt", 1)),
    "name of the local header only": ("a.zip", b"good.txt".join(PLAIN.rsplit(b"evil.exe", 1))),
    "file that the directory hides": ("a.zip", HIDDEN + HARMLESS),
    "hidden between file and directory": ("a.zip", HARMLESS.replace(b"PK\x01\x02", HIDDEN + b"PK\x01\x02", 1)),
    "zip with a password": ("a.zip", locked_zip(("a.txt", b"x"))),
    "gzip in two streams": ("a.gz", gzip.compress(b"M") + gzip.compress(EXE[1:])),
    "gzip with something behind": ("a.exe.gz", gzip.compress(b"x") + b"junk"),
    "gzip with another name": ("a.gz", named(b"abcd")),
    "gzip with another name, far behind": ("a.gz", named(bytes(60_000))),
    "tar.gz of a zip": ("a.tgz", gzip.compress(tarred(("i.zip", PLAIN)))),
    "tar.xz called txt": ("a.txt", lzma.compress(tarred(("evil.exe", b"x")))),
    "lzma": ("a.pdf.lzma", lzma.compress(EXE, format=lzma.FORMAT_ALONE)),
    "bz2 in a zip": ("a.zip", zipped(("a.bz2", bz2.compress(EXE)))),
    "long name in a tar": ("a.tar", tarred(("x" * 300 + ".exe", b"x"))),
    "long name in a GNU tar": ("a.tar", tarred(("x" * 300 + ".exe", b"x"), form=tarfile.GNU_FORMAT)),
    "name from the root in a tar": ("a.tar", tarred(("/etc/evil.exe", b"x"))),
    "hard link in a tar": ("a.tar", link(tarfile.LNKTYPE)),
    "symbolic link in a tar": ("a.tar", link(tarfile.SYMTYPE)),
    "behind the end of a tar": ("a.tar", tarred(("a.txt", b"x")) + tarred(("evil.exe", b"x"))),
    "rar": ("a.rar", rar4(("evil.exe", b"x"))),
    "rar in a zip in a rar": ("a.rar", rar5(("a.zip", zipped(("b.rar", rar5(("evil.exe", b"x"))))))),
    "rar behind something": ("a.rar", b"GIF89a" + rar5(("evil.exe", b"x"))),
    "rar called otherwise": ("a.r00", rar5(("evil.exe", b"x"))),
    "rar with a password": ("a.rar", rar4(("a.txt", b"x"), locked=True)),
    "rar with locked names": ("a.rar", rar4(headers_locked=True)),
    "stream of NTFS that leads elsewhere": (
        "a.rar",
        rar5(file5("a.pdf", b""), file5("STM", b"x", kind=3, extra=vint(7) + b":..\\..\\Startup\\x.lnk")),
    ),
    "winmail.dat": ("winmail.dat", tnef(("a.txt", b"x"), ("b" * 200 + ".exe", b"x"), long_names=True)),
    "winmail.dat called otherwise": ("a.bin", tnef(("evil.exe", b"x"))),
    "message in a zip": ("a.zip", zipped(("m.eml", EML))),
    "message that begins with a strange field": ("m.eml", b"X-Foo: y\n" + EML),
    "web archive": ("m.mht", EML),
    "message of Outlook": ("a.msg", msg(("evil.exe", b"x"))),
    "macros": ("a.docm", office(("word/vbaProject.bin", ole2("_VBA_PROJECT")))),
    "macros in a docx": ("a.docx", office(("word/vbaProject.bin", ole2("_VBA_PROJECT")))),
    "macros by another name": ("a.docx", office(("word/x.bin", ole2("_VBA_PROJECT")))),
    "macros of old": ("a.xls", ole2("Workbook", "_VBA_PROJECT_CUR")),
    "macros of Excel 4": ("a.xlsx", office(("xl/macrosheets/sheet1.xml", b"x"))),
    "macros in a document in a document": (
        "a.docx",
        office(("word/embeddings/x.docm", office(("word/vbaProject.bin", b"x")))),
    ),
    "program in a docx": (
        "a.docx",
        office(("word/embeddings/oleObject1.bin", compound(("\1Ole10Native", package("evil.exe", b"x"))))),
    ),
    "OneNote called pdf": ("a.pdf", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
    "disk image called pdf": ("a.pdf", bytes(32769) + b"CD001"),
    "shortcut in a zip called txt": ("a.zip", zipped(("a.txt", LNK))),
    "shortcut to the web called txt": ("a.txt", b"[InternetShortcut]\r\nURL=file://x/evil.exe"),
    "encoded script called txt": ("a.txt", b"#@~^XX=="),
    "HTML application called html": ("a.html", b"<html><hta:application>"),
    "help file called dat": ("a.dat", b"ITSF\x03\0\0\0"),
    "two extensions": ("a.pdf" + " " * 100 + ".exe", b"x"),
    "name that is turned around, in a zip": ("a.zip", zipped(("invoice\u202efdp.exe", b"x"))),
    "Java behind a picture": ("a.jar", b"GIF89a" + JAR),
    "Java called otherwise": ("a.dat", JAR),
    "uuencode in a file": ("a.uue", uu("evil.exe", b"x")),
}


@pytest.mark.parametrize("way", ATTACHED)
def test_no_way_to_pack_it_passes(way: str) -> None:
    assert folders(ruled("attachments", attached(ATTACHED[way]))) == ["Quarantine"]


DEFLATE64 = ("7zz", "a", "-tzip", "-mm=Deflate64")
PROGRAMS: dict[str, tuple[Callable[[], str], Callable[[], tuple[str, bytes]]]] = {
    "rar that is packed": (rar.missing, lambda: ("a.rar", packed_rar5(("a.pdf", EXE)))),
    "zip in a rar that is packed": (rar.missing, lambda: ("a.rar", packed_rar5(("i.zip", PLAIN)))),
    "7z in which programs are packed otherwise": (
        seven.missing,
        lambda: ("a.7z", by_program("7zz", "a", "-m0=ARM64", files=[("a.pdf", EXE)], name="x.7z")),
    ),
    "7z with a password": (
        seven.missing,
        lambda: ("a.7z", by_program("7zz", "a", "-px", files=[("a.pdf", EXE)], name="x.7z")),
    ),
    "zip in a zip by a method of its own": (
        rar.missing,
        lambda: ("a.zip", by_program(*DEFLATE64, files=[("i.zip", INNER * 20)], name="x.zip")),
    ),
    "zip with a strong password": (
        str,
        lambda: ("a.zip", by_program("7zz", "a", "-tzip", "-px", "-mem=AES256", files=[("a", b"x")], name="x.zip")),
    ),
    "cpio": (
        bsdtar.missing,
        lambda: ("a.cpio", by_program("bsdtar", "-c", "--format=newc", "-f", files=[("evil.exe", b"x")], name="x")),
    ),
}


@pytest.mark.parametrize("way", PROGRAMS)
def test_no_way_that_needs_a_program_passes(way: str) -> None:
    missing, make = PROGRAMS[way]
    if text := missing():
        pytest.skip(text)
    assert folders(ruled("attachments", attached(make()))) == ["Quarantine"]


HEAD = "From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: "
BASE64 = base64.encodebytes(EXE * 10).decode()
MESSAGES = {
    "base64 with junk": f"{HEAD}base64\n\n****\n{BASE64.replace(chr(10), '!' + chr(10) + '~')}",
    "base64 that ends and goes on": f"{HEAD}base64\n\n{base64.b64encode(b'MZ').decode()}\n{base64.b64encode(EXE[2:]).decode()}\n",
    "encoding in quotes": f'{HEAD}"base64"\n\n{BASE64}',
    "encoding behind a comment": f"{HEAD}(x)base64\n\n{BASE64}",
    "encoding with a parameter": f"{HEAD}base64; x=y\n\n{BASE64}",
    "two encodings": f"{HEAD}7bit\nContent-Transfer-Encoding: base64\n\n{BASE64}",
    "uuencode in a text": mail(body="See:\n" + uu("evil.exe", b"x").decode()),
    "zip as uuencode in a text": mail(body="See:\n" + uu("a.zip", PLAIN).decode()),
    "program called pdf as uuencode": mail(body="See:\n" + uu("a.pdf", EXE).decode()),
    "uuencode behind quoted-printable": mail(
        "Content-Transfer-Encoding: quoted-printable\n",
        "=62egin 644 evil.exe\n" + uu("x", b"x").decode().partition("\n")[2],
    ),
    "a type that lies": mail("Content-Type: image/png; name=a\nContent-Transfer-Encoding: base64\n", BASE64),
}


@pytest.mark.parametrize("way", MESSAGES)
def test_no_way_to_send_it_passes(way: str) -> None:
    assert folders(ruled("attachments", MESSAGES[way])) == ["Quarantine"]


# What nobody runs who opens it as what it is called.
PASSING: dict[str, tuple[str, bytes]] = {
    "zip behind a picture": ("a.gif", b"GIF89a" + PLAIN),
    "zip behind a document": ("a.pdf", b"%PDF-1.4\n" + PLAIN),
    "zip stored in a file": ("a.zip", zipped(("a.bin", b"xx" + HIDDEN), method=zipfile.ZIP_STORED)),
    "folder setting": ("desktop.ini", b"[.ShellClassInfo]\n"),
    "text that speaks of it": ("a.txt", b"begin 644 evil.exe is how uuencode begins\n"),
    "packed text": ("a.rar", rar5(("a.txt", b"text"))),
}


@pytest.mark.parametrize("way", PASSING)
def test_what_passes(way: str) -> None:
    assert folders(ruled("attachments", attached(PASSING[way]))) == ["INBOX"]
