"""Which folder is meant, where a command says more than a name: `:specialuse` (RFC 8579) and `:mailboxid` (RFC 9042).

fileinto and `:fcc` share this: if there is a folder for that use, or with that id, it is the one; else the command goes
on as it would without the tag. The two exclude each other (RFC 9042 section 4.2).

In:    the command's use, the name that stands on it, the folders of the World.
Out:   Place, or None where no such tag stands; the name of a folder.
Fails: an error at compile time for a constant special use that is none, RuleFailed for one made of variables.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.outcome import folder_key
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.flags import valid
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

TAGS = (":specialuse", ":mailboxid")
GROUP = "folder"


class Place(Value):
    """The tag, and the use or the id behind it."""

    tag: str
    text: Text

    def folder(self, scene: Scene, name: str) -> str:
        """The folder that is meant; `name` where there is none."""
        text = scene.expand(self.text)
        if self.tag == ":mailboxid":
            return (scene.world.folder_with_id(text) if text else None) or name
        if fault := use_fault(text):
            raise RuleFailed(f":specialuse: {fault}")
        there = scene.world.folders_for(text)
        # "If one of those mailboxes is in fact the default mailbox ..., that mailbox MUST be used" (RFC 8579 section 4)
        return name if not there or same_folder(name, there) else there[0]

    def describe(self) -> str:
        """The tag as Sieve spells it."""
        return f"{self.tag} {quoted(self.text)}"


def place_of(use: Use) -> Place | None:
    """The Place of a command; None where neither tag stands on it."""
    tag = use.group(GROUP)
    text = use.tag_text(tag) if tag else None
    if text is None:
        return None
    if tag == ":specialuse" and isinstance(text, str) and (fault := use_fault(text)):
        use.error(fault, 'special uses are written like "\\\\Junk" (RFC 6154)', tag=tag)
    return Place(tag, text)


def same_folder(name: str, others: tuple[str, ...]) -> bool:
    """Whether a folder is among others, however it is spelled."""
    return folder_key(name) in map(folder_key, others)


def use_fault(text: str) -> str:
    """RFC 6154 section 6: a backslash and an atom."""
    if text.startswith("\\") and text[1:2] != "\\" and valid(text[1:]):
        return ""
    return f'"{clipped(text)}" is no special use'
