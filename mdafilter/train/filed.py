"""Into which folder the filter put a message, as its journal says: for one that a reader moved before it was ever seen.

The journal is read, newest first, when the first such message is asked for, as far back as that one's delivery. What
`mdafilter refile` moved is told there, too: that it will be, just before, and then that it was, or was not.

In:    the Maildir; the journals that the user may have (journal.read.places); Found.
Out:   the Maildir++ name of the folder; None where the journal does not know it, or knows several and this one is among
       them. `refiled`: whether it was no reader who moved a message where it is.
Fails: never. A journal that cannot be read knows nothing: then nothing is learned.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.errors import BadFolder
from mdafilter.journal import Entry, read
from mdafilter.targets.foldername import folder_name
from mdafilter.train.folders import OURS, base
from mdafilter.train.listing import directory
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.train.folders import Found

SLACK = 600.0  # seconds: how long a delivery may take (limits.DELIVERY_SECONDS)


class Filed:
    """What journals say of deliveries; for one look at a Maildir."""

    def __init__(
        self,
        root: str,
        journals: Iterable[str],
        asks: Callable[[Found], bool] = lambda _found: True,
        seen: Callable[[str], bool] = lambda _base: False,
    ) -> None:
        """`asks` says whether it would matter where a message was put; `seen`, whether a base is known already."""
        self.root = root
        self.journals = tuple(journals)
        self.asks = asks
        self.seen = seen
        self.names: dict[str, str] = {}
        self.ids: dict[str, dict[str, str]] = {}  # to bases and folders
        self.moved: dict[str, tuple[str | None, float]] = {}  # what was refiled: to its folder, and when
        self._facts: Iterator[Entry] | None = None
        self._reached = float("inf")

    def __call__(self, found: Found) -> str | None:
        """The folder."""
        if not self.asks(found):
            return None
        if OURS.fullmatch(found.base):
            self._read(_time(found.base) - SLACK)
            return self.names.get(found.base)
        if not found.message_id:
            return None
        # An IMAP server has given it a name of its own, in the second that it begins with.
        self._read(_time(found.base) - limits.WATCH_GONE_SECONDS)
        # A delivery that was seen is not this one: what is in it would be known.
        folders = {folder for name, folder in self.ids.get(found.message_id, {}).items() if not self.seen(name)}
        return next(iter(folders)) if len(folders) == 1 else None

    def refiled(self, found: Found) -> bool:
        """Whether the last one who moved it was the filter: the file has not got another name since (st_ctime)."""
        try:
            changed = os.lstat(f"{directory(self.root, found.folder)}/{found.path}").st_ctime
        except OSError:
            return False  # it is elsewhere by now, and somebody has put it there
        self._read(changed - SLACK)
        folder, when = self.moved.get(found.base, (None, 0.0))
        return folder == found.folder and when > changed - SLACK

    def _read(self, since: float) -> None:
        """As far back as that."""
        if self._facts is None:
            self._facts = self._entries()
        while self._reached > since:
            entry = next(self._facts, None)
            if entry is None:
                self._reached = float("-inf")
                return
            self._reached = entry.time
            for act in entry.acts:
                if act.action in ("keep", "file") and act.name:
                    self._tell(entry, base(act.name), self._folder(act.to) if act.done else None)

    def _tell(self, entry: Entry, name: str, folder: str | None) -> None:
        if entry.status in ("refiling", "refiled", "unmoved"):
            self.moved.setdefault(name, (folder, entry.time))
        if folder is not None and entry.status != "refiling":
            self.names.setdefault(name, folder)
            self.ids.setdefault(entry.message_id, {}).setdefault(name, folder)

    def _folder(self, to: str) -> str | None:
        """The folder of this Maildir, also where a procmailrc has its path; None for a mailbox elsewhere."""
        if to.startswith("/"):
            path = os.path.normpath(to)
            if path == self.root:
                return ""
            above, _, name = path.rpartition("/")
            return name[1:] if above == self.root and name.startswith(".") else None
        try:
            return folder_name(to or "INBOX")
        except BadFolder:
            return None

    def _entries(self) -> Iterator[Entry]:
        count = 0
        for journal in self.journals:
            try:
                for fact in read.facts(journal):
                    if not isinstance(fact, Entry) or fact.status != "refiling":  # another line tells what came of it
                        count += 1
                    if count > limits.WATCH_FACTS:
                        return
                    if isinstance(fact, Entry):
                        yield fact
            except OSError:
                continue


def _time(base: str) -> float:
    seconds = base.partition(".")[0]
    return float(seconds) if seconds.isdigit() and len(seconds) < 12 else 0.0
