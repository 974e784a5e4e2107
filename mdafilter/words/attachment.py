"""attachment: asks for the names of attachments, however they are written (mdafilter's own word).

    require "vnd.mdafilter.attachment";
    attachment [:name | :extension | :type] [MATCH-TYPE] [COMPARATOR] <keys: string-list>

    attachment :extension ["exe", "scr", "pif"]        # the last extension
    attachment :matches "invoice*.zip"                 # the whole name
    attachment :type :contains "application/x-ms"      # the declared MIME type

Mail programs do not agree on how to read an attachment's name: Content-Disposition or Content-Type, RFC 2231 or
RFC 2047 or raw octets, the first or the last of two. Who wants a forbidden file through a filter writes a name that the
filter and the mail program read differently. So this test takes every plausible reading of every name, also what
becomes of it when the file is saved (message/names.py), and holds if any reading matches.

    :name       the readings as they stand (the default)
    :extension  of each reading what follows its last dot; dots and blanks at the end of a name are no part of it. So
                "x.exe", "x.EXE", "x.exe. ", "x.pdf.exe" and "x.exe::$DATA" all have "exe". A name without a dot has
                no extension and matches nothing, not even ""
    :type       the declared types, as "application/zip", in lower case

In:    all parts of the message, also inside attached messages; inside `foreverypart` only the part that the loop stands
       at, and the parts in it.
Out:   what matched says where the name was read: `attachment "invoice.exe" (Content-Disposition filename, RFC 2231)`.
       With :count, how many different names, extensions or types there are.
Fails: RuleStalled, as every match. Bounds: limits.MIME_PARTS parts, limits.NAME_READINGS readings of each name.

Names inside archives are not looked at yet. They will be further Readings in `readings`, and nothing else changes.
"""

from __future__ import annotations

from mdafilter.message.names import Reading
from mdafilter.message.parts import media_type
from mdafilter.plan import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.parts import tree
from mdafilter.words.strings import clipped, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use

DROPPED = " .\t"  # at the end of a name: Windows saves "x.exe. " as "x.exe"


class Attachment(Value):
    """Does any reading of any attachment's name match? `what` is "name", "extension" or "type"."""

    match: Match
    what: str = "name"

    def ask(self, scene: Scene) -> Answer:
        at: Reading | None = None

        def values() -> Iterator[str]:
            nonlocal at
            for value, reading in self._asked(scene):
                at = reading
                yield value

        answer = self.match.test(scene, values())
        if not answer.held or self.match.counts or at is None:
            return answer
        return answer.replace(by=self._shown(at))  # the match stops at the first that holds: the last one asked for

    def _asked(self, scene: Scene) -> Iterator[tuple[str, Reading]]:
        """What is compared, each once, with the reading that it was taken from."""
        seen: set[str] = set()
        for reading in types(scene) if self.what == "type" else readings(scene):
            value = extension(reading.text) if self.what == "extension" else reading.text
            if value is not None and value not in seen:
                seen.add(value)
                yield value, reading

    def _shown(self, reading: Reading) -> str:
        return clipped(f"attachment {quoted(reading.text)} ({reading.how})")

    def describe(self) -> str:
        return f"attachment{'' if self.what == 'name' else f' :{self.what}'} {self.match.describe()}"


def readings(scene: Scene) -> Iterator[Reading]:
    """Every plausible reading of every attachment's name. What is found inside archives belongs here as well."""
    for part in tree(scene):
        yield from part.readings()


def types(scene: Scene) -> Iterator[Reading]:
    """The declared type of every part; all of them where a part has several, as its readers may take any."""
    for part in tree(scene):
        declared = part.headers.all("Content-Type")
        for name in [media_type(field.body) for field in declared] or [part.type]:
            yield Reading(name, "Content-Type" if declared else "no Content-Type")


def extension(name: str) -> str | None:
    """What follows the last dot, in the name's own case; None if there is no dot."""
    _, dot, last = name.rstrip(DROPPED).rpartition(".")
    return last if dot else None


def build(use: Use) -> Attachment:
    return Attachment(match_of(use, 0), (use.group("what") or ":name")[1:])


WHAT = tuple(Tag(name, group="what") for name in (":name", ":extension", ":type"))

WORDS = (
    Word("attachment", "test", build, ("strings",), tags=(*MATCH_TAGS, *WHAT), requires=("vnd.mdafilter.attachment",)),
)
