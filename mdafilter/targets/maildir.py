"""Delivery into a Maildir or one of its Maildir++ folders.

The draft is written and fsynced in tmp/ of the folder, linked into new/ (into cur/ where a rule set flags: names in
new/ have no flags), and that directory is fsynced. Specifications: https://cr.yp.to/proto/maildir.html, maildir(5), and
Maildir++ for folders, `maildirfolder` and `,S=`. The octets are those of the message; only what is filed elsewhere than
in the inbox gets a header field on top (label.py).

Exactly once: the draft's name follows from the message (naming.identity), and stays until the whole delivery is done. A
try that meets it with a second link, and finds its inode in a folder of the Maildir, knows that an earlier try, killed
afterwards, had delivered it. One link, or an inode that is in no folder, means that it had not.

Folders, and the Maildir itself, are made on demand (mode 0700), and new folders are subscribed to; no home is made.

Fails: OSError of any step; TryAgain where the home is missing; BadFolder for a name that no folder can have.
Bugs:  the reader who deletes a message within the minutes between a SIGKILL and the retry gets it again. So does
       everyone on filesystems without hard links or without locks, where a retry after a SIGKILL cannot know.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.acts import File, Keep
from mdafilter.errors import TryAgain
from mdafilter.files import SUFFIX, Draft, append_line, claim, ends_with, make, remove, sweep, sync, touch
from mdafilter.targets.foldername import folder_name, folder_path
from mdafilter.targets.naming import letters
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.files import Calls, Pourable
    from mdafilter.message import Message
    from mdafilter.targets import Mailbox, Parcel

__all__ = ["MaildirFile", "claim_in", "folder_path", "place", "stage"]


def place(parcel: Parcel) -> str:
    """The directory of the folder. BadFolder."""
    return folder_path(parcel.mailbox.root, _folder(parcel))


def _folder(parcel: Parcel) -> str:
    act = parcel.decided.act
    return act.folder if isinstance(act, File) else "INBOX"


def stage(parcel: Parcel) -> MaildirFile:
    """Claims a draft in tmp/ of the folder, which is made if it is not there."""
    folder = place(parcel)
    found: list[str] = []

    def finished(draft: Draft) -> bool:
        if draft.links >= 2 and has_body(parcel.calls, draft.fd, parcel.decided.message):
            found.extend(_find(parcel.calls, parcel.mailbox.root, folder, draft.state.st_ino))
            for path in found:  # the killed try may not have come to that
                sync(parcel.calls, os.path.dirname(path))
        return bool(found)

    draft = claim_in(parcel, folder, finished, _message(parcel))
    return MaildirFile(parcel, folder, draft, found[0] if found else "")


class MaildirFile:
    """A message on its way into one folder; see targets.Staged."""

    def __init__(self, parcel: Parcel, folder: str, draft: Draft, found: str) -> None:
        self.parcel = parcel
        self.folder = folder
        self.draft = draft
        self.already = bool(found)
        self.path = found
        self.size = draft.state.st_size if found else 0
        self.notes: tuple[str, ...] = ()
        self.named = True  # False: a rename took the draft's own name away
        if found:
            draft.renew()

    @property
    def has_run(self) -> bool:
        return False

    def write(self) -> None:
        self.size = self.draft.write(_message(self.parcel))

    def commit(self) -> None:
        act = self.parcel.decided.act
        flags = letters(act.flags) if isinstance(act, Keep | File) else ""
        name = f"{self.parcel.naming.unique()},S={self.size}"
        self.path = f"{self.folder}/cur/{name}:2,{flags}" if flags else f"{self.folder}/new/{name}"
        try:
            self.named = self.draft.put(self.path)
        except FileNotFoundError:  # new/ or cur/ is missing: a Maildir that somebody made by half
            make_folder(self.parcel.calls, self.parcel.mailbox, self.folder)
            self.named = self.draft.put(self.path)
        sync(self.parcel.calls, os.path.dirname(self.path))

    def abort(self) -> bool:
        """Removes the file, if it is still where it was put. One that a reader has moved stays, with the evidence."""
        if self.already:
            self.draft.close()
            return True
        undone = not self.path or self._withdrawn()
        if undone:
            remove(self.parcel.calls, self.draft.path)
        self.draft.close()
        return undone

    def _withdrawn(self) -> bool:
        """Whether the file has no name left but the draft's. If that cannot be told, the draft tells it the retry."""
        calls = self.parcel.calls
        if not self._removed():
            return False
        try:
            left = calls.fstat(self.draft.fd).st_nlink
        except OSError:
            return False
        try:
            sync(calls, os.path.dirname(self.path))
        except OSError:
            pass  # the name is gone; a crash of the machine now could bring it back, as a second copy
        return left <= self.named

    def _removed(self) -> bool:
        """Takes away what was put in its place. No other file can have that name. False: it may still be there."""
        return remove(self.parcel.calls, self.path)

    def release(self) -> None:
        self.draft.close()

    def forget(self) -> None:
        if self.named:
            remove(self.parcel.calls, self.draft.path)
        self.draft.close()


def _message(parcel: Parcel) -> Message:
    decided = parcel.decided
    folder = folder_name(_folder(parcel))
    if not folder or not parcel.mailbox.label:
        return decided.message
    from mdafilter.targets.label import labelled  # the inbox, where most mail goes, needs no label

    return labelled(decided.message, _folder(parcel), decided.at, decided.why)


def _find(calls: Calls, root: str, folder: str, inode: int) -> list[str]:
    """The path of the file with that inode, in new/ or cur/ of the folder, then of all folders; [] if there is none.

    Asked only after a try that was killed. The link count alone is not believed: a backup by hard links makes one too.
    """
    others = [f"{root}/{name}" for name in calls.listdir(root) if name.startswith(".")]
    for directory in dict.fromkeys([folder, root, *others]):
        for part in ("new", "cur"):
            try:
                with calls.scandir(f"{directory}/{part}") as entries:
                    for entry in entries:
                        if entry.inode() == inode:
                            return [entry.path]
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue  # no folder, or one where we could not have put it: at worst there will be a second copy
    return []


def has_body(calls: Calls, fd: int, message: Message) -> bool:
    """Whether an earlier try wrote this message: its name says so, and its body, which no rule changes, proves it."""
    octets, start = message.octets, message.body
    return ends_with(calls, fd, octets.chunks(start, len(octets)), len(octets) - start)


# --- folders -------------------------------------------------------------------------------------------------------


def claim_in(parcel: Parcel, folder: str, finished: Callable[[Draft], bool], source: Pourable | None = None) -> Draft:
    """The draft of the parcel in tmp/ of a folder, which is made if it is not there; sweeps that tmp/ in passing."""
    calls, naming = parcel.calls, parcel.naming
    tmp, name, other = f"{folder}/tmp", f"{parcel.name}{SUFFIX}", f"{naming.unique()}{SUFFIX}"
    try:
        draft = claim(calls, tmp, name, other, finished, source)
    except FileNotFoundError:
        make_folder(calls, parcel.mailbox, folder)
        draft = claim(calls, tmp, name, other, finished, source)
    stale = limits.STALE_TMP_SECONDS
    sweep(calls, tmp, keep=name, now=naming.now(), ours=stale, others=stale, most=limits.STALE_TMP_ENTRIES)
    return draft


def make_folder(calls: Calls, mailbox: Mailbox, folder: str) -> None:
    """Makes whatever of the folder is missing, tmp/ last: where there is a tmp/, all else is there, and on the disk."""
    root = mailbox.root
    for above in _between(mailbox.base, root):
        if make_below(calls, above):
            sync(calls, os.path.dirname(above))
    if make_below(calls, root):
        for part in ("cur", "new", "tmp") if folder != root else ():
            make(calls, f"{root}/{part}")
        sync(calls, os.path.dirname(root) or ".")
    if folder != root:
        make(calls, folder)
        touch(calls, f"{folder}/maildirfolder")
    for part in ("cur", "new"):
        make(calls, f"{folder}/{part}")
    if folder != root and mailbox.subscribe:
        _subscribe(calls, root, folder[len(root) + 2 :])
    sync(calls, folder)
    sync(calls, root)
    make(calls, f"{folder}/tmp")


def _between(base: str, root: str) -> list[str]:
    """The folders from the base of virtual mailboxes to the Maildir: that of a domain. Neither a base nor a home."""
    if not base or not root.startswith(f"{base}/"):
        return []
    names = root[len(base) + 1 :].split("/")[:-1]
    return [f"{base}/{'/'.join(names[:n])}" for n in range(1, len(names) + 1)]


def make_below(calls: Calls, folder: str) -> bool:
    """Makes a folder in one that must be there: TryAgain where it is not."""
    try:
        return make(calls, folder)
    except FileNotFoundError:
        raise TryAgain(f"{os.path.dirname(folder)} is missing: no mailbox is made there") from None


def _subscribe(calls: Calls, root: str, name: str) -> None:
    """Adds the folder to the subscriptions of Courier, if it is there, else to those of Dovecot. Fails nothing."""
    try:
        path = f"{root}/courierimapsubscribed"
        if "courierimapsubscribed" in calls.listdir(root):
            append_line(calls, path, lambda _: b"INBOX." + name.encode("ascii"))
        else:
            append_line(calls, f"{root}/subscriptions", lambda content: _dovecot_line(content, name))
    except OSError:
        pass  # the folder is there and the message goes into it; the reader subscribes by hand


def _dovecot_line(content: bytes, name: str) -> bytes:
    """The second version of the file begins with a line of its own, and has tabs between the parts of a name."""
    line = name.encode("ascii")
    return line.replace(b".", b"\t") if content.startswith(b"V\t2\n") else line
