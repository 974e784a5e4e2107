"""A line of the message replaced, left out, or with another one before it (header_checks(5)). No word of Sieve.

IGNORE and STRIP leave the line out, REPLACE writes another one, PREPEND writes one "on a separate line, immediately
before the input that triggered the PREPEND action". A line is a whole header field, or one line of the body.

A text is one line: what its groups bring of a folded field is folded again, so that no text makes a second field.

Fails: a text in place of a header field, or before it, that does not begin with a field's name changes nothing, and so
       does one without anything in it; the notes say so. RuleFailed past limits.TABLE_EDITS.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.message.field import is_name
from mdafilter.message.lines import Edit
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class EditLine(Value):
    """What takes the place of the line that a Scan is at (None: nothing), or comes before it where it is kept."""

    text: Text | None
    keep: bool = False

    def assign(self, scene: Scene) -> None:
        """Notes the edit; the Source of the Scan carries it out."""
        line = scene.line
        if line is None:
            raise RuleFailed("there is no line to edit")
        if len(scene.edits) >= limits.TABLE_EDITS:
            raise RuleFailed(f"more than {limits.TABLE_EDITS} edited lines")
        if self.text is None:
            scene.edits.append(Edit(line.start, line.end, b""))
            return
        text = scene.expand(self.text)
        fault = (label_fault(text) if line.kind != "body" else "") if text else "there is no text"
        if fault:
            if len(scene.notes) < limits.NOTES:
                scene.notes.append(f"{fault}; the line stays")
            return
        newline = scene.message.newline
        if self.keep:
            scene.edits.append(Edit(line.start, line.start, _one_line(text, newline) + newline))
        else:
            scene.edits.append(Edit(line.start, line.end, _one_line(text, newline) + line.newline))

    def describe(self) -> str:
        if self.text is None:
            return "leave the line out"
        return f"{'before' if self.keep else 'in place of'} the line: {quoted(self.text)}"


def label_fault(text: str) -> str:
    """What is wrong with a text that shall be a header field; "" if nothing is."""
    if is_name(text.partition(":")[0].rstrip(" \t").encode("utf-8", "surrogateescape")) and ":" in text:
        return ""
    return f"{quoted(text)} is no header field: it begins with a name and a colon"


def _one_line(text: str, newline: bytes) -> bytes:
    """The text in octets, folded where it has line ends. A line of blanks alone, which would end no header, is left."""
    first, *more = text.replace("\r\n", "\n").replace("\r", " ").split("\n")
    pieces = [first, *(piece if piece[:1] in (" ", "\t") else f"\t{piece}" for piece in more)]
    return newline.join(piece.encode("utf-8", "surrogateescape") for piece in pieces)


WORDS = ()
