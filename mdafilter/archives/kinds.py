"""What a file is, by its first octets: a table of magic numbers.

Names lie, and a system that runs a file looks into it: what begins as a Windows program is one, whatever it is called.
Some of its rows are so short that a text may begin so too: `_LOOK` looks closer.

In:    the first octets (limits.ARCHIVE_HEAD are enough but for disk images)
Out:   a Kind: what it is for a rule ("executable"), and the format ("pe"); both "" where no row fits
Fails: never.

Sources: the formats' own specifications ([MS-SHLLINK] 2.1, [MS-ONESTORE] 2.3.1, [MS-CFB] 2.2, [MS-CAB] 2.1, APPNOTE.TXT
4.3.6, RFC 1952 2.3.1, the xz format 2.1.1.1, POSIX ustar, ECMA-119 8.1), as file(1) knows them too.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(Value):
    """What a file is: "executable" and "pe"."""

    name: str = ""
    format: str = ""


# kind          format     at     octets                       what it is
TABLE: tuple[tuple[str, str, int, bytes], ...] = (
    ("executable", "pe", 0, b"MZ"),  # programs and libraries of Windows and DOS
    ("executable", "elf", 0, b"\x7fELF"),  # of Linux and Android
    ("executable", "mach-o", 0, b"\xcf\xfa\xed\xfe"),  # of macOS, 64 bit
    ("executable", "mach-o", 0, b"\xce\xfa\xed\xfe"),  # 32 bit
    ("executable", "mach-o", 0, b"\xfe\xed\xfa\xce"),
    ("executable", "mach-o", 0, b"\xfe\xed\xfa\xcf"),
    ("executable", "mach-o", 0, b"\xca\xfe\xba\xbe"),  # several in one file; a Java class begins so too
    ("executable", "dex", 0, b"dex\n03"),  # of Android
    ("shortcut", "lnk", 0, b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"),
    ("shortcut", "url", 0, b"[InternetShortcut]"),
    ("script", "script", 0, b"#!"),
    ("script", "encoded-script", 0, b"#@~^"),  # .vbe and .jse
    ("script", "batch", 0, b"@echo off"),
    ("script", "registry", 0, b"Windows Registry Editor"),
    ("script", "registry", 0, b"REGEDIT4"),
    ("script", "chm", 0, b"ITSF\x03\0\0\0"),  # help files, which hold scripts
    ("notebook", "onenote", 0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
    ("archive", "zip", 0, b"PK\x03\x04"),
    ("archive", "zip", 0, b"PK\x05\x06"),  # with nothing in it
    ("archive", "zip", 0, b"PK\x07\x08"),  # in pieces, or made to be
    ("archive", "zip", 0, b"PK00PK\x03\x04"),
    ("archive", "rar", 0, b"Rar!\x1a\x07"),
    ("archive", "7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("archive", "gzip", 0, b"\x1f\x8b\x08"),
    ("archive", "bzip2", 0, b"BZh"),
    ("archive", "xz", 0, b"\xfd7zXZ\0"),
    ("archive", "lzma", 0, b"\x5d\0\0"),  # what was before xz
    ("archive", "tar", 257, b"ustar"),
    ("archive", "tnef", 0, b"\x78\x9f\x3e\x22"),  # winmail.dat
    ("archive", "cab", 0, b"MSCF\0\0\0\0"),
    ("archive", "zstd", 0, b"\x28\xb5\x2f\xfd"),
    ("archive", "lz4", 0, b"\x04\x22\x4d\x18"),
    ("archive", "lzip", 0, b"LZIP\x01"),
    ("archive", "compress", 0, b"\x1f\x9d"),
    ("archive", "cpio", 0, b"0707"),
    ("archive", "ar", 0, b"!<arch>\n"),  # .deb
    ("archive", "uuencode", 0, b"begin "),
    ("archive", "arj", 0, b"\x60\xea"),
    ("archive", "lha", 2, b"-lh"),
    ("archive", "ace", 7, b"**ACE**"),
    ("archive", "xar", 0, b"xar!"),  # .pkg of macOS
    ("disk-image", "iso", 32769, b"CD001"),
    ("disk-image", "udf", 32769, b"BEA01"),
    ("disk-image", "vhdx", 0, b"vhdxfile"),
    ("disk-image", "vhd", 0, b"conectix"),
    ("document", "pdf", 0, b"%PDF-"),
    ("document", "rtf", 0, b"{\\rt"),  # Word needs no more
    ("document", "ole2", 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),  # Word, Excel, PowerPoint up to 2003; Outlook's .msg
    ("picture", "png", 0, b"\x89PNG\r\n\x1a\n"),
    ("picture", "jpeg", 0, b"\xff\xd8\xff"),
    ("picture", "gif", 0, b"GIF8"),
)

# Fields that a message begins with (RFC 5322); a message in a file has no magic number.
_FIELDS = frozenset(
    b"received return-path delivered-to from to subject date message-id mime-version x-mozilla-status".split()
)
_BLANK = b"\xef\xbb\xbf \t\r\n"  # before a text; programs that read texts skip it


def kind_of(head: bytes) -> Kind:
    """What the file is that begins with these octets."""
    for name, format_, at, magic in TABLE:
        if head.startswith(magic, at) and (format_ not in _LOOK or _LOOK[format_](head)):
            return Kind(name, format_)
    if is_tar(head):
        return Kind("archive", "tar")
    text = head.lstrip(_BLANK)
    if b"%PDF-" in head[:1024]:
        return Kind("document", "pdf")
    lower = text[:64].lower()
    if lower.startswith(b"[internetshortcut]"):
        return Kind("shortcut", "url")
    if lower.startswith((b"@echo off", b"#!")):
        return Kind("script", "script")
    if b"<hta:application" in head.lower():
        return Kind("script", "hta")
    field, colon, _ = lower.partition(b":")
    return Kind("mail", "eml") if colon and field in _FIELDS else Kind()


def is_tar(head: bytes) -> bool:
    """Whether this is the header of a file in a tar: its checksum fits (POSIX ustar; older ones have no magic)."""
    if len(head) < 512 or not head[0]:
        return False
    try:
        stated = int(head[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 256 + sum(head[156:512])


def _is_program(head: bytes) -> bool:
    """A text may begin with MZ: a program has octets that no text has."""
    return any(octet < 9 for octet in head[2:256])


def _is_lzma(head: bytes) -> bool:
    """No magic number: a size of the window that encoders choose, and a size that a file can have, or none."""
    window, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    usual = window == 0xFFFFFFFF or any(window in (1 << n, 3 << n - 1) for n in range(16, 32))
    return len(head) >= 13 and usual and (size == (1 << 64) - 1 or size < 1 << 38)


_LOOK: dict[str, Callable[[bytes], bool]] = {
    "pe": _is_program,
    "arj": lambda head: len(head) > 4 and 0 < int.from_bytes(head[2:4], "little") <= 2600,
    "lha": lambda head: head[6:7] == b"-",
    "lzma": lambda head: _is_lzma(head),
    "cpio": lambda head: head[4:6] in (b"01", b"02", b"07"),
    "uuencode": lambda head: head[6:9].isdigit() and head[9:10] == b" " and b"\n" in head,
    "bzip2": lambda head: head[3:4].isdigit() and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"),
    "compress": lambda head: len(head) > 2 and 9 <= head[2] & 0x1F <= 16,
}
