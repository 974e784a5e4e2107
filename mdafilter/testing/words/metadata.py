"""test_imap_metadata_set: an annotation of a mailbox, or of the server (RFC 5490, RFC 5464).

test_imap_metadata_set [:mailbox <mailbox: string>] <annotation: string> <value: string>;
"""

from __future__ import annotations

from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.testing.store import canonical
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Annotation(Value):
    """It has this value from here on."""

    mailbox: Text | None
    name: Text
    value: Text

    def assign(self, scene: Scene) -> None:
        mailbox = "" if self.mailbox is None else canonical(scene.expand(self.mailbox))
        stage_of(scene).metadata[mailbox, scene.expand(self.name).lower()] = scene.expand(self.value)

    def describe(self) -> str:
        mailbox = "" if self.mailbox is None else f":mailbox {quoted(self.mailbox)} "
        return f"test_imap_metadata_set {mailbox}{quoted(self.name)} {quoted(self.value)}"


def build(use: Use) -> Annotation:
    return Annotation(use.tag_text(":mailbox"), use.text(0), use.text(1))


_TAGS = (Tag(":mailbox", argument="string"),)
WORDS = (Word("test_imap_metadata_set", "assignment", build, ("string", "string"), tags=_TAGS, requires=(CAPABILITY,)),)
