"""test_message: a message that was sent or filed becomes the one at hand.

    test_message :smtp <number>
    test_message :folder <mailbox: string> <number>          (or :mailbox)

Numbers count from 0. What was sent comes with its envelope, what was filed with its flags, which hasflag sees.

Out:   as a test it does not hold where there is none; as a command that fails the case.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import BadFolder
from mdafilter.message import Envelope
from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.testing.walk import CaseFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.testing.stage import Stage
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Take(Value):
    """The message of this number, of a mailbox or (None) of the outgoing ones."""

    folder: Text | None
    number: int

    def ask(self, scene: Scene) -> Answer:
        return Answer(self._taken(stage_of(scene)))

    def assign(self, scene: Scene) -> None:
        if not self._taken(stage_of(scene)):
            where = "was sent" if self.folder is None else f"is in {quoted(scene.expand(self.folder))}"
            raise CaseFailed(f"test_message: no message of number {self.number} {where}")

    def describe(self) -> str:
        where = ":smtp" if self.folder is None else f":folder {quoted(self.folder)}"
        return f"test_message {where} {self.number}"

    def _taken(self, stage: Stage) -> bool:
        if self.folder is None:
            if self.number >= len(stage.outgoing):
                return False
            sent = stage.outgoing[self.number]
            stage.take(sent.message, Envelope(sent.sender, sent.to[0], sent.to[0]))
            return True
        try:
            stored = stage.store.get(stage.expand(self.folder), self.number)
        except BadFolder:
            stored = None
        if stored is None:
            return False
        stage.take(stored.message, stage.envelope, stored.flags)
        return True


def build(use: Use) -> Take:
    if not use.group("from"):
        use.error("test_message needs :smtp, or :folder and a mailbox", "write: test_message :smtp 0")
    folder = use.tag_text(":folder") or use.tag_text(":mailbox")
    return Take(None if use.has(":smtp") else folder or "", use.number(0))


_TAGS = (
    Tag(":smtp", group="from"),
    Tag(":folder", argument="string", group="from"),
    Tag(":mailbox", argument="string", group="from"),
)
WORDS = (
    Word("test_message", "test", build, ("number",), tags=_TAGS, requires=(CAPABILITY,)),
    Word("test_message", "assignment", build, ("number",), tags=_TAGS, requires=(CAPABILITY,)),
)
