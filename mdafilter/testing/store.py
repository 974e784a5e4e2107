"""The mail store of a test: mailboxes in memory. Nothing of it is ever written.

Names are those that rules use, and mean the same folder as on a Maildir: "lists.debian" is "lists/debian", and INBOX
is always there (targets/foldername.py). What begins with "/" or "~/" is the path of a mailbox elsewhere: a procmailrc
may name one.

Fails: BadFolder for a name that no folder can have.
"""

from __future__ import annotations

from mdafilter.errors import BadFolder
from mdafilter.targets.foldername import folder_name
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.message import Message

INBOX = "INBOX"


class Stored(Value):
    """A message as it was filed, with its flags."""

    message: Message
    flags: tuple[str, ...] = ()


def place(name: str) -> str:
    """What tells one mailbox from another. BadFolder."""
    return name if name.startswith(("/", "~/")) else folder_name(name)


def canonical(name: str) -> str:
    """The name for people and for tables: that of INBOX is not empty. What no folder can be called stays as it is."""
    try:
        return place(name) or INBOX
    except BadFolder:
        return name


class Store:
    """The mailboxes of a test file, by their Maildir++ names."""

    def __init__(self) -> None:
        self._folders: dict[str, list[Stored]] = {"": []}

    def names(self) -> tuple[str, ...]:
        """All mailboxes, by their Maildir++ names."""
        return tuple(name or INBOX for name in self._folders)

    def has(self, name: str) -> bool:
        """Whether there is such a mailbox."""
        return place(name) in self._folders

    def create(self, name: str) -> None:
        """Makes it, if it is not there."""
        self._folders.setdefault(place(name), [])

    def delete(self, name: str) -> None:
        """Removes it with all that is in it; INBOX stays, empty."""
        self._folders.pop(place(name), None)
        self._folders.setdefault("", [])

    def add(self, name: str, stored: Stored) -> bool:
        """Files a message; False: there is no such mailbox."""
        folder = self._folders.get(place(name))
        if folder is None:
            return False
        folder.append(stored)
        return True

    def get(self, name: str, index: int) -> Stored | None:
        """The message of this number, from 0; None if there is none."""
        folder = self._folders.get(place(name), [])
        return folder[index] if index < len(folder) else None
