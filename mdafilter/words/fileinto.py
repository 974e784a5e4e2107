"""`fileinto`: into a folder (RFC 5228 section 4.1).

    fileinto <mailbox: string>

    fileinto "Trash";
    fileinto :copy :create "lists.${1}";

Takes the place of the implicit keep, unless `:copy` (copy.py) says that it does not. A folder that is missing is
made where `:create` (mailbox.py) allows it; else the delivery falls back as targets/maildir.py says. `:flags` is
imap4flags.py's; `:specialuse` and `:mailboxid` may say which folder is meant (place.py).

In:    a folder's name; "INBOX" is the inbox itself. See names.folder_fault for what cannot be one.
Out:   File.
Fails: a name that is none is found out when the message is delivered, which goes to the inbox then and says why ("use
       of an invalid mailbox name MAY be treated as an error or result in delivery to an implementation-defined
       mailbox"); a constant one has a warning, when it is compiled.
"""

from __future__ import annotations

from mdafilter.acts import File
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.flags import flags
from mdafilter.words.names import FOLDER_HINT, folder_fault
from mdafilter.words.place import place_of
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.place import Place
    from mdafilter.words.syntax import Use


class FileInto(Value):
    """The wish: file the message into `folder`."""

    folder: Text
    copy: bool = False
    create: bool = False
    flags: Texts | None = None  # None: the flags that are set when the rule runs
    place: Place | None = None

    def acts(self, scene: Scene) -> tuple[File, ...]:
        """One File, also for a name that no folder can have."""
        name = scene.expand(self.folder)
        if self.place is not None:
            name = self.place.folder(scene, name)
        return (File(name, flags(scene, self.flags), self.copy, self.create),)

    def describe(self) -> str:
        """The command as Sieve spells it."""
        tags = " :copy" * self.copy + " :create" * self.create
        marked = "" if self.flags is None else f" :flags {listed(self.flags)}"
        meant = "" if self.place is None else f" {self.place.describe()}"
        return f"fileinto{tags}{marked}{meant} {quoted(self.folder)}"


def build(use: Use) -> FileInto:
    """The node for one use of `fileinto`."""
    folder = use.text(0)
    if isinstance(folder, str) and (fault := folder_fault(folder)):
        use.warn(fault, f"the message goes to the inbox where this is reached; {FOLDER_HINT}", argument=0)
    return FileInto(folder, use.has(":copy"), use.has(":create"), use.tag_texts(":flags"), place_of(use))


WORDS = (Word("fileinto", "action", build, arguments=("string",), requires=("fileinto",)),)
