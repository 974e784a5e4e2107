"""A line of the message replaced, left out, or with another one before it (header_checks(5)). No word of Sieve.

IGNORE and STRIP leave the line out, REPLACE writes another one, PREPEND writes one "on a separate line, immediately
before the input that triggered the PREPEND action". A line is a whole header field, or one line of the body.

Fails: a text in place of a header field, or before it, that does not begin with a field's name changes nothing, and the
       notes say so.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.message.field import is_name
from mdafilter.message.lines import Edit
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class EditLine(Value):
    """What takes the place of the line that a Scan is at: `text`, and behind it the line itself where it is kept."""

    text: Text
    keep: bool = False

    def assign(self, scene: Scene) -> None:
        """Notes the edit; the Source of the Scan carries it out."""
        line = scene.line
        if line is None:
            raise RuleFailed("there is no line to edit")
        text = scene.expand(self.text)
        octets = b""
        if text:
            if line.kind != "body" and (fault := label_fault(text)):
                scene.notes.append(f"{fault}; the line stays")
                return
            octets = _one_line(text) + scene.message.newline
        kept = line.raw if line.raw.endswith(b"\n") or not self.keep else line.raw + scene.message.newline
        scene.edits.append(Edit(line, octets + kept * self.keep))

    def describe(self) -> str:
        if not self.text:
            return "leave the line out"
        return f"{'before' if self.keep else 'in place of'} the line: {quoted(self.text)}"


def label_fault(text: str) -> str:
    """What is wrong with a text that shall be a header field; "" if nothing is."""
    if is_name(text.partition(":")[0].rstrip(" \t").encode("utf-8", "surrogateescape")) and ":" in text:
        return ""
    return f"{quoted(text)} is no header field: it begins with a name and a colon"


def _one_line(text: str) -> bytes:
    """The text in octets; a line end that would begin another field is a blank."""
    pieces = text.replace("\r\n", "\n").replace("\r", " ").split("\n")
    folded = pieces[0] + "".join(("\n" if p[:1] in (" ", "\t") and p.strip() else " ") + p for p in pieces[1:])
    return folded.encode("utf-8", "surrogateescape")


WORDS = ()
