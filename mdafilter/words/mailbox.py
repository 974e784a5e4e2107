"""`mailboxexists` and `:create` (RFC 5490 sections 3.1 and 3.2).

    mailboxexists <mailbox-names: string-list>
    fileinto :create "Partners";

`mailboxexists` holds when every one of the folders is there. `:create` makes the folder that is missing: the node of
fileinto.py carries it, targets/maildir.py does it.

In:    the folders that the World knows. Out: an Answer that saw each folder it asked for.
Fails: never. "Failure to create the specified mailbox is considered to be an error", at delivery.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import folder_fault
from mdafilter.words.strings import clipped, listed
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


class MailboxExists(Value):
    """The question: are all of the folders there?"""

    folders: Texts

    def ask(self, scene: Scene) -> Answer:
        """Asks for one folder after the other until one is missing; what can be no folder is not there."""
        saw: list[str] = []
        for text in self.folders:
            name = scene.expand(text)
            saw.append(clipped(name))
            if folder_fault(name) or not scene.world.has_folder(name):
                return Answer(False, tuple(saw))
        return Answer(True, tuple(saw), clipped(f"there is {', '.join(saw)}"))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"mailboxexists {listed(self.folders)}"


def build(use: Use) -> MailboxExists:
    """The node for one use of `mailboxexists`."""
    return MailboxExists(use.texts(0))


WORDS = (Word("mailboxexists", "test", build, arguments=("strings",), requires=("mailbox",)),)
TAGS = (Tag(":create", on=("fileinto", "vacation", "notify"), requires=("mailbox",)),)
