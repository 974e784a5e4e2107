"""attachment: asks for the names of attachments, however they are written, and for what is in them (our own word).

    require "vnd.mdafilter.attachment";
    attachment [:name | :extension | :type | :kind] [:inside | :outside] [MATCH-TYPE] [COMPARATOR] <keys: string-list>

    attachment :extension ["exe", "scr", "pif"]        # the last extension
    attachment :matches "invoice*.zip"                 # the whole name
    attachment :type :contains "application/x-ms"      # the declared MIME type
    attachment :kind ["executable", "shortcut"]        # by its first octets, whatever it is called
    attachment :inside :extension "js"                 # only in archives

Mail programs do not agree on how to read an attachment's name: Content-Disposition or Content-Type, RFC 2231 or
RFC 2047 or raw octets, the first or the last of two. Who wants a forbidden file through a filter writes a name that the
filter and the mail program read differently. So this test takes every plausible reading of every name, also what
becomes of it when the file is saved (message/names.py), and holds if any reading matches.

    :name       the readings as they stand (the default)
    :extension  of each reading what follows its last dot; dots and blanks at the end of a name are no part of it. So
                "x.exe", "x.EXE", "x.exe. ", "x.pdf.exe" and "x.exe::$DATA" all have "exe". A name without a dot has
                no extension and matches nothing, not even ""
    :type       the declared types, as "application/zip", in lower case
    :kind       what the octets say (archives/kinds.py), and the format as well: "executable" and "pe"

A file in an archive counts like one that is attached, also in an archive in an archive (archives/):

    :outside    only what is attached itself
    :inside     only what is in the archives
    neither     both; what is attached itself is asked first

A file that stands in a text as uuencode or yEnc is attached, too (archives/inline.py).

In:    all parts of the message, also inside attached messages; inside `foreverypart` only the part that the loop stands
       at, and the parts in it.
Out:   what matched says where the name was read: `attachment "invoice.exe" (Content-Disposition filename, RFC 2231)`,
       and of a file in an archive its path: `attachment "invoice.zip/inner.zip/evil.exe" (zip directory)`.
       With :count, how many different names, extensions, kinds or types there are.
Fails: RuleStalled, as every match. Bounds: limits.MIME_PARTS parts, limits.NAME_READINGS readings of each name; of
       archives those of limits.ARCHIVE_*, and the test `archive` tells when one was passed.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.message.names import Reading
from mdafilter.message.parts import media_type
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.inside import entries, names_in_texts, nothing
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
    """Does any attachment match? `what` is "name", "extension", "type" or "kind"; `where` "inside", "outside" or ""."""

    match: Match
    what: str = "name"
    where: str = ""

    @property
    def opens_archives(self) -> bool:
        """Whether what is in archives is asked for."""
        return self.where != "outside" and self.what != "type"

    def ask(self, scene: Scene) -> Answer:
        if self.what != "type" and not self.match.counts and nothing(scene):
            return Answer(False)
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
        """What is compared, each once, with the reading that it was taken from (of a file in an archive, its path)."""
        seen: set[str] = set()
        for value, reading in self._all(scene):
            if value is not None and value not in seen:
                seen.add(value)
                yield value, reading

    def _all(self, scene: Scene) -> Iterator[tuple[str | None, Reading]]:
        if self.what == "type":
            yield from ((reading.text, reading) for reading in types(scene))
            return
        if self.what == "kind":
            for entry in entries(scene, deep=self.where != "outside"):
                if entry.kind and (entry.depth or self.where != "inside"):
                    for value in (entry.kind, entry.format):
                        yield value or None, Reading(entry.path, f"its content: {entry.format or entry.kind}")
            return
        if self.where != "inside":
            yield from ((self._value(reading.text), reading) for part in tree(scene) for reading in part.readings())
            yield from ((self._value(reading.text), reading) for reading in names_in_texts(scene))
        if self.where != "outside":
            for entry in entries(scene):
                for reading in entry.readings if entry.depth else ():
                    yield self._value(reading.text), Reading(entry.path, reading.how)

    def _value(self, name: str) -> str | None:
        return extension(name) if self.what == "extension" else name

    def _shown(self, reading: Reading) -> str:
        return clipped(f"attachment {quoted(reading.text)} ({reading.how})")

    def describe(self) -> str:
        tags = (self.what if self.what != "name" else "", self.where)
        return f"attachment{''.join(f' :{tag}' for tag in tags if tag)} {self.match.describe()}"


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
    what, where = (use.group("what") or ":name")[1:], use.group("where")[1:]
    if what == "type" and where == "inside":
        use.error(
            ":type and :inside exclude each other",
            "files in archives have no declared type: ask for their :kind",
            tag=":inside",
        )
    return Attachment(match_of(use, 0), what, where)


WHAT = tuple(Tag(name, group="what") for name in (":name", ":extension", ":type", ":kind"))
WHERE = tuple(Tag(name, group="where") for name in (":inside", ":outside"))

WORDS = (
    Word(
        "attachment",
        "test",
        build,
        ("strings",),
        tags=(*MATCH_TAGS, *WHAT, *WHERE),
        requires=("vnd.mdafilter.attachment",),
    ),
)
