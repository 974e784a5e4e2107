"""`:fcc`: files a copy of the letter that a command sends (RFC 8580). It stands on vacation and notify.

    vacation :fcc "Sent" :create :flags "\\\\Seen" "I am away.";

`:create` (mailbox.py), `:flags` (imap4flags.py), `:specialuse` and `:mailboxid` (place.py) stand beside it, and mean
that folder. Nothing is filed where nothing is sent.

In:    a folder's name; "INBOX" is the inbox itself.
Out:   a File of the letter, beside what becomes of the message.
Fails: an error at compile time for a constant name that is none, and for `:create` or `:flags` without it; RuleFailed
       for a name made of variables.
"""

from __future__ import annotations

from mdafilter.acts import File
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.flags import flags
from mdafilter.words.names import FOLDER_HINT, folder_fault
from mdafilter.words.place import TAGS as PLACES
from mdafilter.words.place import place_of
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.place import Place
    from mdafilter.words.syntax import Use

SENDING = ("vacation", "notify")


class Fcc(Value):
    """Where the letter is filed."""

    folder: Text
    create: bool = False
    flags: Texts = ()
    place: Place | None = None

    def acts(self, scene: Scene, letter: bytes) -> tuple[File, ...]:
        """One File of the letter."""
        name = scene.expand(self.folder)
        if fault := folder_fault(name):
            raise RuleFailed(f":fcc: {fault}")
        if self.place is not None:
            name = self.place.folder(scene, name)
        return (File(name, flags(scene, self.flags), copy=True, create=self.create, letter=letter),)

    def describe(self) -> str:
        """The tags as Sieve spells them."""
        marked = f" :flags {listed(self.flags)}" if self.flags else ""
        meant = "" if self.place is None else f" {self.place.describe()}"
        return f":fcc {quoted(self.folder)}{' :create' * self.create}{marked}{meant}"


def fcc_of(use: Use) -> Fcc | None:
    """The node of `:fcc` on this command; None where it does not stand there."""
    folder = use.tag_text(":fcc")
    if folder is None:
        for tag in (":create", ":flags", *PLACES):
            if use.has(tag):
                use.error(f"{tag} belongs to :fcc, which is missing", "RFC 8580 section 3", tag=tag)
        return None
    if isinstance(folder, str) and (fault := folder_fault(folder)):
        use.error(fault, FOLDER_HINT, tag=":fcc")
    return Fcc(folder, use.has(":create"), use.tag_texts(":flags") or (), place_of(use))


WORDS = ()
TAGS = (Tag(":fcc", on=SENDING, argument="string", requires=("fcc",)),)
