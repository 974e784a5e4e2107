"""`specialuse_exists` and `:specialuse`: folders by what they are for (RFC 8579, RFC 6154).

    specialuse_exists [<mailbox: string>] <special-use-attrs: string-list>
    fileinto [:specialuse <special-use-attr: string>] <mailbox: string>

    if specialuse_exists "\\\\Junk" { fileinto :specialuse "\\\\Junk" "Spam"; }

Without a mailbox the test holds when there is a folder for each of the uses, and with one when this folder is there
and is for all of them. Which folder is for what, mailboxes.py and the setting special_use say. `:specialuse` is
place.py's; a folder that `:create` makes is not given the use: to the IMAP server that is a matter of its configuration
(section 4.1: a server that cannot assign one when a mailbox is created creates it without).

In:    the folders of the World. Uses are compared without regard to case.
Out:   an Answer that names the folders.
Fails: an error at compile time for a use or a mailbox that can be none; RuleFailed for a use made of variables.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import FOLDER_HINT, folder_fault
from mdafilter.words.place import GROUP, same_folder, use_fault
from mdafilter.words.strings import clipped, listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use


class SpecialUseExists(Value):
    """The question: is there a folder for each of the uses, or is `folder` for all of them?"""

    uses: Texts
    folder: Text | None = None

    def ask(self, scene: Scene) -> Answer:
        folder = None if self.folder is None else scene.expand(self.folder)
        if folder is not None and (folder_fault(folder) or not scene.world.has_folder(folder)):
            return Answer(False, (clipped(folder),))
        saw: list[str] = []
        for use in map(scene.expand, self.uses):
            if fault := use_fault(use):
                raise RuleFailed(f"specialuse_exists: {fault}")
            there = scene.world.folders_for(use)
            saw.append(clipped(f"{use}: {', '.join(there)}"))
            if not there or (folder is not None and not same_folder(folder, there)):
                return Answer(False, tuple(saw))
        return Answer(True, tuple(saw), clipped("; ".join(saw)))

    def describe(self) -> str:
        folder = "" if self.folder is None else f"{quoted(self.folder)} "
        return f"specialuse_exists {folder}{listed(self.uses)}"


def build(use: Use) -> SpecialUseExists:
    """The node for one use of `specialuse_exists`."""
    last = use.given() - 1
    for text in use.texts(last):
        if isinstance(text, str) and (fault := use_fault(text)):
            use.error(fault, 'special uses are written like "\\\\Junk" (RFC 6154)', argument=last)
    if not last:
        return SpecialUseExists(use.texts(0))
    folder = use.text(0)
    if isinstance(folder, str) and (fault := folder_fault(folder)):
        use.error(fault, FOLDER_HINT, argument=0)
    return SpecialUseExists(use.texts(1), folder)


REQUIRES = ("special-use",)
WORDS = (Word("specialuse_exists", "test", build, ("string", "strings"), optional=1, requires=REQUIRES),)
TAGS = (Tag(":specialuse", on=("fileinto", "vacation", "notify"), argument="string", requires=REQUIRES, group=GROUP),)
