"""What is inside an attachment: the names, kinds and sizes of the files in archives, and in archives in archives.

    look(names, octets, budget) -> Entry, Fact, Entry, ...

An Entry is the attachment itself, or a file in it: its path ("invoice.zip/inner.zip/evil.exe"), all readings of its
name (message/names.py), its size, and its kind, which its first octets tell (kinds.py). A Fact is what is to be known
of an archive beyond that:

    encrypted    it, or a file in it, cannot be read without a password; names may be there nevertheless
    unreadable   it is broken, or no such archive as its name says
    not-opened   an archive that nothing here reads, or that needs what is not installed; a part of a file whose rest is
                 in another archive
    too-deep     archives in it are nested deeper than limits.ARCHIVE_DEPTH; those were not opened
    too-many     it has more than limits.ARCHIVE_ENTRIES files, or their names are too long (limits.ARCHIVE_TEXT)
    too-large    more than limits.ARCHIVE_UNPACKED octets; what is beyond was not looked at
    too-long     it took more than limits.ARCHIVE_SECONDS; what is beyond was not looked at
    ratio        a file that becomes more than limits.ARCHIVE_RATIO times larger when it is unpacked; not unpacked
    names-differ programs do not agree on what is in it: two names for one file, or a file that its directory hides
    macros       an Office file with a program in it (VBA, or the macro sheets of Excel 4)

The table says which file opens which format. A format is what the octets say (a zip called .txt is a zip), and for the
formats of `ENDINGS` also what the name says (a zip with something before it is still a zip to most programs).

In:    the attachment's octets, decoded, in pieces. Nothing is read whole: an archive is kept in a file without a name
       (spool.py) where it is large, of a file in it only the beginning is unpacked, unless that is an archive again.
Out:   what was found, as it is found: who has seen enough stops asking, and nothing more is unpacked.
Fails: TryAgain where the disk is full. Nothing that an archive can be makes it fail: that is a Fact.
Bugs:  a file that only a password opens is known by its name. In arj, ace, OneNote and the other formats without an
       opener nothing is looked at, nor are the files and scripts in a PDF, and what an Office file fetches from
       elsewhere (a template). An archive that begins behind something else is one if its name says so, and a disk image
       in an archive is not known by its content: nobody opens them by another name.

7z is read by a package, what is packed in rar and all of cab, xar and some more by programs of the system, where they
are installed (`mdafilter check` says what is not); all of them run as processes with bounds (program.py).

Python's own zipfile and tarfile are not used: the one makes an object of each of a million entries before the first can
be looked at, and believes the directory where a mail program may believe the headers; the other reads headers of any
declared size into memory. Nor is the package rarfile: it stops at a header that it does not know without a word, leaves
out older versions of a file, and runs a program on a comment. zlib, bz2 and lzma do the unpacking.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.names import Reading
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

# format   opener (a file of this folder)
TABLE: tuple[tuple[str, str], ...] = (
    ("zip", "zip"),
    ("tar", "tar"),
    ("gzip", "compressed"),
    ("bzip2", "compressed"),
    ("xz", "compressed"),
    ("lzma", "compressed"),
    ("7z", "seven"),  # by the package py7zr, or bsdtar(1)
    ("rar", "rar"),  # what is packed in it, by unar(1) or bsdtar(1)
    ("cab", "bsdtar"),  # these all by bsdtar(1)
    ("xar", "bsdtar"),
    ("lha", "bsdtar"),
    ("cpio", "bsdtar"),
    ("ar", "bsdtar"),
    ("zstd", "stream"),  # and these by programs of these names
    ("lz4", "stream"),
    ("lzip", "stream"),
    ("compress", "stream"),
    ("tnef", "tnef"),
    ("eml", "mail"),
    ("uuencode", "inline"),
    ("ole2", "ole"),
    ("rtf", "rtf"),
)
OPENERS = dict(TABLE)

# Formats that a name tells as well: the octets need not begin with the archive, or have no magic number.
ENDINGS = {
    "zip": ("zip", "zipx", "jar", "apk", "docx", "docm", "xlsx", "xlsm", "pptx", "pptm", "dotm", "xltm", "odt", "ods"),
    "eml": ("eml",),
    "7z": ("7z",),
    "rar": ("rar",),
    "gzip": ("gz", "tgz"),
    "bzip2": ("bz2", "tbz", "tbz2"),
    "xz": ("xz", "txz"),
    "tar": ("tar",),
}


class Member(Value):
    """A file as an opener finds it. `names` are (text, how); sizes are -1 where nothing says them.

    `pieces` begins to unpack; the pieces are small (up to limits.WINDOW). None: it cannot be read, `facts` say why.
    """

    names: tuple[tuple[str, str], ...]
    pieces: Callable[[], Iterator[bytes]] | None = None
    size: int = -1
    packed: int = -1
    folder: bool = False
    facts: tuple[tuple[str, str], ...] = ()  # name and text


class Entry(Value):
    """An attachment (depth 0), or a file inside of it."""

    path: str
    depth: int
    readings: tuple[Reading, ...]
    size: int  # as its archive says, -1 unknown
    kind: str  # "executable"; "" unknown
    format: str  # "pe"; "" unknown


class Fact(Value):
    """Something to know about the archive or file at `path`."""

    name: str
    path: str
    text: str = ""


if TYPE_CHECKING:
    Found: TypeAlias = Entry | Fact


def short_name(text: str) -> str:
    """A name of a length that can be kept for each of many files: its beginning, and its end with the extension."""
    half = limits.ARCHIVE_NAME // 2
    return text if len(text) <= 2 * half else text[:half] + text[-half:]


def few_names(names: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """So many names of a file as are kept, each of a length that is."""
    half = limits.ARCHIVE_NAMES // 2
    kept = names if len(names) <= 2 * half else (*names[:half], *names[-half:])
    return tuple((short_name(text), how) for text, how in kept)


class Unreadable(Exception):
    """The octets are not what they should be. Raised by openers, caught by the walker."""
