"""test_mailbox_create, test_mailbox_delete, test_mailbox: mailboxes of the test's store.

    test_mailbox_create <mailbox: string>;       test_mailbox :create <mailbox: string>;
    test_mailbox_delete <mailbox: string>;       test_mailbox :delete <mailbox: string>;

Fails: CaseFailed for a name that no folder can have.
"""

from __future__ import annotations

from mdafilter.errors import BadFolder
from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.testing.walk import CaseFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Mailbox(Value):
    """It is made, or removed."""

    name: Text
    create: bool

    def assign(self, scene: Scene) -> None:
        store = stage_of(scene).store
        try:
            (store.create if self.create else store.delete)(scene.expand(self.name))
        except BadFolder as failed:
            raise CaseFailed(str(failed)) from failed

    def describe(self) -> str:
        return f"test_mailbox_{'create' if self.create else 'delete'} {quoted(self.name)}"


def build(use: Use) -> Mailbox:
    if use.name == "test_mailbox" and not use.group("what"):
        use.error("test_mailbox needs :create or :delete", 'write: test_mailbox :create "Trash"')
    return Mailbox(use.text(0), use.name == "test_mailbox_create" or use.has(":create"))


_TAGS = tuple(Tag(name, group="what") for name in (":create", ":delete"))
WORDS = (
    Word("test_mailbox", "assignment", build, ("string",), tags=_TAGS, requires=(CAPABILITY,)),
    Word("test_mailbox_create", "assignment", build, ("string",), requires=(CAPABILITY,)),
    Word("test_mailbox_delete", "assignment", build, ("string",), requires=(CAPABILITY,)),
)
