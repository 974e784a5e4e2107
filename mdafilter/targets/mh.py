"""Delivery into an MH folder (mh-folders(5)), or a directory of files as procmailrc(5) has it: a message is a file.

In an MH folder its name is the next number: one more than the highest there is. It is given by link(2), which replaces
no file: when another delivery, of ours, of procmail or of nmh (which do the same), was faster, the next one is tried.
In a plain directory the name is `msg.` and what is unique (naming.py); procmail's MSGPREFIX has no effect here.

The draft lies in the folder itself: link(2) works only within one filesystem, and the folder may be the top of one. Its
name begins with a dot: "while the preference is that non-message files begin with `.`, all files that are not positive
integers must be ignored" (mh-folders(5)), and `ls` and `*` pass it over. Retries find it, and what it is a second name
of, as in a Maildir (maildir.py). Nothing but drafts is swept here: all else is mail.

The octets are those of the message. No .mh_sequences is written: what is new is new to nmh by its number.

Fails: OSError of any step; TryAgain where the parent of a missing MH folder is missing, too.
Bugs:  a reader who refiles a message into another folder within the minutes between a SIGKILL and the retry gets it
       again. Where there are no hard links, a SIGKILL may leave an empty file under the next number.
"""

from __future__ import annotations

import math
import os

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.files import SUFFIX, Draft, claim, remove, sweep, sync
from mdafilter.targets.folder import make_below
from mdafilter.targets.maildir import MaildirFile, has_body
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.files import Calls
    from mdafilter.targets import Parcel

PREFIX = ".draft."
MESSAGE = "msg."  # MSGPREFIX (procmailrc(5))
_DIGITS = 9  # of a number; nmh counts in an int
_RACES = 1000  # deliveries into the same folder that may be faster


def stage(parcel: Parcel, folder: str, *, numbered: bool) -> MhFile:
    """Claims a draft in the folder. `numbered`: an MH folder, which is made if it is not there."""
    calls = parcel.calls
    found: list[str] = []

    def finished(draft: Draft) -> bool:
        if draft.links >= 2 and has_body(calls, draft.fd, parcel.decided.message):
            with calls.scandir(folder) as entries:
                found.extend(e.path for e in entries if e.inode() == draft.state.st_ino and e.path != draft.path)
            sync(calls, folder)  # the killed try may not have come to that
        return bool(found)

    draft = _claimed(parcel, folder, numbered, finished)
    return MhFile(parcel, folder, draft, found[0] if found else "", numbered)


def _claimed(parcel: Parcel, folder: str, numbered: bool, finished: Callable[[Draft], bool]) -> Draft:
    calls, naming, message = parcel.calls, parcel.naming, parcel.decided.message
    name, other = f"{PREFIX}{parcel.name}{SUFFIX}", f"{PREFIX}{naming.unique()}{SUFFIX}"
    try:
        draft = claim(calls, folder, name, other, finished, message)
    except FileNotFoundError:
        if numbered and make_below(calls, folder):
            sync(calls, os.path.dirname(folder))
        draft = claim(calls, folder, name, other, finished, message)
    stale, most = limits.STALE_TMP_SECONDS, limits.STALE_TMP_ENTRIES
    sweep(calls, folder, keep=name, now=naming.now(), ours=stale, others=math.inf, most=most, among=_is_draft)
    return draft


def _is_draft(name: str) -> bool:
    return name.startswith(PREFIX) and name.endswith(SUFFIX)


class MhFile(MaildirFile):
    """A message on its way into one folder; see targets.Staged."""

    def __init__(self, parcel: Parcel, folder: str, draft: Draft, found: str, numbered: bool) -> None:
        super().__init__(parcel, folder, draft, found)
        self.numbered = numbered
        self.number = 0

    def commit(self) -> None:
        for _ in range(_RACES):
            self.path = f"{self.folder}/{self._free_name()}"
            try:
                self.named = self.draft.put(self.path, contested=True)
            except FileExistsError:
                continue
            sync(self.parcel.calls, self.folder)
            return
        raise TryAgain(f"others took {_RACES} names in {self.folder} first")

    def _free_name(self) -> str:
        """A name that nobody had a moment ago."""
        if not self.numbered:
            return f"{MESSAGE}{self.parcel.naming.unique()}"
        self.number = max(self.number, highest(self.parcel.calls.listdir(self.folder))) + 1
        return str(self.number)

    def _removed(self) -> bool:
        """Takes it away, if that name is still its own: `folder -pack` gives numbers to other messages."""
        calls: Calls = self.parcel.calls
        try:
            there = calls.lstat(self.path).st_ino
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return there != self.draft.state.st_ino or remove(calls, self.path)


def highest(names: list[str]) -> int:
    """The highest number of a message; 0 for a folder without any."""
    return max((int(name) for name in names if name.isdigit() and name.isascii() and len(name) <= _DIGITS), default=0)
