"""`mailboxidexists` and `:mailboxid`: folders by an id that stays when they are renamed (RFC 9042, RFC 8474).

    mailboxidexists <mailbox-objectids: string-list>
    fileinto [:mailboxid <mailboxid: string>] <mailbox: string>

    fileinto :mailboxid "6352ae03b7b2" "INBOX.name";

The test holds when there is a folder for every one of the ids. Which folder has which id, Dovecot's files and our own
say (mailboxes.py). `:mailboxid` is place.py's: without a folder of that id the message goes where the name says, and
`:create` makes that folder (section 4.1).

In:    the folders of the World.
Out:   an Answer that names the folders that were found.
Fails: never in a test: what is no id is the id of no folder.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.place import GROUP
from mdafilter.words.strings import clipped, listed
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


class MailboxIdExists(Value):
    """The question: is there a folder for each of the ids?"""

    ids: Texts

    def ask(self, scene: Scene) -> Answer:
        saw: list[str] = []
        for text in map(scene.expand, self.ids):
            name = scene.world.folder_with_id(text) if text else None
            saw.append(clipped(text if name is None else f"{text} is {name}"))
            if name is None or not scene.world.has_folder(name):
                return Answer(False, tuple(saw))
        return Answer(True, tuple(saw), clipped(", ".join(saw)))

    def describe(self) -> str:
        return f"mailboxidexists {listed(self.ids)}"


def build(use: Use) -> MailboxIdExists:
    """The node for one use of `mailboxidexists`."""
    return MailboxIdExists(use.texts(0))


REQUIRES = ("mailboxid",)
WORDS = (Word("mailboxidexists", "test", build, ("strings",), requires=REQUIRES),)
TAGS = (Tag(":mailboxid", on=("fileinto", "vacation", "notify"), argument="string", requires=REQUIRES, group=GROUP),)
