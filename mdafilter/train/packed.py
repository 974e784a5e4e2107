"""The files *.eml and *.msg in the archives that are attached to a report.

The openers of mdafilter/archives find them, and what that may cost is in one Budget for all archives of a report. They
are read one level deep: an archive in an archive is not opened, and a file with a password, a broken one, and one that
becomes too much larger than it is (limits.ARCHIVE_RATIO), or larger than a message may be, is passed over.

In:    a part that holds an archive, and its format
Out:   name and octets of each such file
Fails: TryAgain where the disk is full; OSError of reading the report. Past a limit nothing more is found.
"""

from __future__ import annotations

from importlib import import_module

from mdafilter import limits
from mdafilter.archives import OPENERS, Member
from mdafilter.archives.budget import Budget, Past, is_bomb
from mdafilter.archives.kinds import kind_of
from mdafilter.archives.spool import spooled
from mdafilter.archives.walk import BROKEN, Packed
from mdafilter.message import transfer
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Part

_FORMATS = ("zip", "tar", "tnef")  # that programs attach several messages in, and that are read without a program


def format_of(head: bytes) -> str:
    """The format of an archive that begins so, "" for all that is not opened here."""
    found = kind_of(head).format
    return found if found in _FORMATS else ""


def is_mail_name(name: str) -> bool:
    """Whether a file that is called so should be a message, as it is or as Outlook saves it."""
    return name.lower().endswith((".eml", ".msg"))


class PackedMessages:
    """What the archives of one report hold."""

    def __init__(self) -> None:
        self._budget = Budget()
        self._left = limits.ORIGINALS_UNPACKED

    def in_part(self, part: Part, format_: str) -> Iterator[tuple[str, bytes]]:
        """Name and octets of each file that should be a message."""
        spool = spooled(transfer.pieces(part.octets, part.body, part.end, part.encoding))
        name = next((reading.text for reading in part.readings()), part.path)
        try:
            opener = import_module(f"mdafilter.archives.{OPENERS[format_]}")
            for member in opener.members(Packed(spool, format_, name, name, 0, self._budget)):
                self._budget.entry()
                if isinstance(member, Member) and (called := _name(member)):
                    data = self._unpacked(member)
                    if data:
                        yield called, data
        except (*BROKEN, Past):
            pass  # what was found before is reported; the archive itself is still in the report
        finally:
            spool.close()

    def _unpacked(self, member: Member) -> bytes:
        """All of a file; b"" where it cannot be read, or is too large."""
        most = min(limits.ORIGINAL_OCTETS, self._left)
        if member.pieces is None or member.size > most:
            return b""
        data = bytearray()
        try:
            self._budget.start()
            for piece in member.pieces():
                self._budget.take(len(piece))
                data += piece
                if len(data) > most or (member.packed >= 0 and is_bomb(len(data), member.packed)):
                    return b""
        except BROKEN:
            return b""  # this file alone is broken
        finally:
            self._budget.stop()
            self._left -= len(data)
        return bytes(data)


def _name(member: Member) -> str:
    """The name by which a file should be a message, "" where it has none."""
    if member.folder:
        return ""
    return next((text for text, _ in member.names if is_mail_name(text.partition("\0")[0])), "")
