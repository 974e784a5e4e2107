"""Delivery into a Maildir or one of its Maildir++ folders.

The draft is written and fsynced in tmp/ of the folder, linked into new/ (into cur/ where a rule set flags: names in
new/ have no flags; keywords.py has the letters of keywords), and that directory is fsynced. Specifications:
https://cr.yp.to/proto/maildir.html, maildir(5), and Maildir++ for folders, `maildirfolder` and `,S=`. The octets are
those of the message; only what is filed elsewhere than in the inbox gets a header field on top (label.py).

Exactly once: the draft's name follows from the message (naming.identity), and stays until the whole delivery is done. A
try that meets it with a second link, and finds its inode in a folder of the Maildir, knows that an earlier try, killed
afterwards, had delivered it. One link, or an inode that is in no folder, means that it had not.

Folders that get the very same octets share one file by hard links (files.py). Its inode in one of them says nothing of
the others, so each asks for it in its own folder alone; and their drafts have another name, lest a try that shares and
one that does not take the traces of each other for their own.

What is missing of a folder is made on demand (folder.py). A Maildir with a quota is asked for room before anything is
written, for all of its folders together (maildirsize.py).

Fails: OSError of any step; TryAgain where the home is missing; BadFolder for a name that no folder can have.
Bugs:  the reader who deletes a message within the minutes between a SIGKILL and the retry gets it again; of a shared
       file, also who moves it to another folder. So does everyone on filesystems without hard links or without locks,
       where a retry after a SIGKILL cannot know.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.acts import Box, File, Keep
from mdafilter.files import SUFFIX, Draft, claim, ends_with, remove, sweep, sync
from mdafilter.targets.foldername import folder_name, folder_path
from mdafilter.targets.naming import keywords, letters
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.files import Calls, Pourable
    from mdafilter.message import Message
    from mdafilter.targets import Parcel

__all__ = ["MaildirFile", "as_it_is", "claim_in", "folder_path", "place", "stage"]

_swept = ("", 0.0)  # the tmp/ that this process has swept last, and when


def place(parcel: Parcel) -> str:
    """The directory of the folder. BadFolder."""
    return folder_path(parcel.mailbox.root, _folder(parcel))


def _folder(parcel: Parcel) -> str:
    act = parcel.decided.act
    return act.folder if isinstance(act, File) else "INBOX"


def as_it_is(parcel: Parcel) -> bool:
    """Whether the act puts the message into a Maildir without a label: those of one message can share a file."""
    match parcel.decided.act:
        case Keep():
            return True
        case File(folder=name):
            return not parcel.mailbox.label or not folder_name(name)
        case Box(path=path):
            return path.endswith("/")
        case _:
            return False


def stage(parcel: Parcel) -> MaildirFile:
    """Claims a draft in tmp/ of the folder, which is made if it is not there."""
    folder = place(parcel)
    found: list[str] = []

    def finished(draft: Draft) -> bool:
        if draft.links >= 2 and has_body(parcel.calls, draft.fd, parcel.decided.message):
            found.extend(_find(parcel, folder, draft.state.st_ino))
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
        self.letters = ""
        if found:
            draft.renew()

    @property
    def has_run(self) -> bool:
        return False

    @property
    def traces(self) -> tuple[str, ...]:
        return (self.draft.path,) if self.named else ()

    @property
    def octets(self) -> int:
        """The size that it will have."""
        return _message(self.parcel).size

    def write(self) -> None:
        self.size = self.draft.write(_message(self.parcel))
        act = self.parcel.decided.act
        flags = act.flags if isinstance(act, Keep | File) else ()
        if flags:
            self.letters = letters(flags) + self._keywords(keywords(flags))

    def _keywords(self, words: tuple[str, ...]) -> str:
        if not words:
            return ""
        from mdafilter.targets.keywords import letters as lettered  # few rules give a message a keyword

        found, note = lettered(self.parcel.calls, self.folder, words)
        self.notes += (note,) if note else ()
        return found

    def commit(self) -> None:
        flags = self.letters
        name = f"{self.parcel.naming.unique()},S={self.size}"
        self.path = f"{self.folder}/cur/{name}:2,{flags}" if flags else f"{self.folder}/new/{name}"
        try:
            self.named = self.draft.put(self.path)
        except FileNotFoundError:  # new/ or cur/ is missing: a Maildir that somebody made by half
            make_folder(self.parcel, self.folder)
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
        """Whether the file is nowhere but in tmp/. If that cannot be told, the draft tells it the retry."""
        calls = self.parcel.calls
        if not self._removed():
            return False
        try:
            state = calls.fstat(self.draft.fd)
            if self.parcel.shared:  # its other names are of other folders: what the retry will look for counts
                gone = not _find(self.parcel, self.folder, state.st_ino)
            else:
                gone = state.st_nlink <= self.named
        except OSError:
            return False
        try:
            sync(calls, os.path.dirname(self.path))
        except OSError:
            pass  # the name is gone; a crash of the machine now could bring it back, as a second copy
        return gone

    def _removed(self) -> bool:
        """Takes away what was put in its place. No other file can have that name. False: it may still be there."""
        return remove(self.parcel.calls, self.path)

    def release(self) -> None:
        self.draft.close()

    def forget(self) -> None:
        if self.named:
            self.draft.forget()
        self.draft.close()


def _message(parcel: Parcel) -> Message:
    decided = parcel.decided
    folder = folder_name(_folder(parcel))
    if not folder or not parcel.mailbox.label:
        return decided.message
    from mdafilter.targets.label import labelled  # the inbox, where most mail goes, needs no label

    return labelled(decided.message, _folder(parcel), decided.at, decided.why)


def _find(parcel: Parcel, folder: str, inode: int) -> list[str]:
    """The path of the file with that inode, in new/ or cur/ of the folder, then of all folders; [] if there is none.

    Asked only after a try that was killed. The link count alone is not believed: a backup by hard links makes one too.
    """
    calls, root = parcel.calls, parcel.mailbox.root
    places = [folder]
    if not parcel.shared:
        places += [root, *(f"{root}/{name}" for name in calls.listdir(root) if name.startswith("."))]
    for directory in dict.fromkeys(places):
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


def claim_in(parcel: Parcel, folder: str, finished: Callable[[Draft], bool], source: Pourable | None = None) -> Draft:
    """The draft of the parcel in tmp/ of a folder, which is made if it is not there; sweeps that tmp/ in passing."""
    calls, naming = parcel.calls, parcel.naming
    tmp, name, other = f"{folder}/tmp", f"{parcel.name}{SUFFIX}", f"{naming.unique()}{SUFFIX}"
    twins = [one.draft for one in parcel.twins]
    try:
        draft = claim(calls, tmp, name, other, finished, source, twins)
    except FileNotFoundError:
        make_folder(parcel, folder)
        draft = claim(calls, tmp, name, other, finished, source, twins)
    _tidy(calls, tmp, name, naming.now())
    return draft


def _tidy(calls: Calls, tmp: str, keep: str, now: float) -> None:
    """Sweeps, unless that was done for the message before, and not long ago."""
    global _swept
    if _swept[0] == tmp and 0 <= now - _swept[1] < limits.STALE_TMP_PAUSE:
        return
    _swept = tmp, now
    stale = limits.STALE_TMP_SECONDS
    sweep(calls, tmp, keep=keep, now=now, ours=stale, others=stale, most=limits.STALE_TMP_ENTRIES)


def make_folder(parcel: Parcel, folder: str) -> None:
    """Makes what is missing of a folder."""
    from mdafilter.targets import folder as making  # most deliveries make nothing

    making.make_folder(parcel.calls, parcel.mailbox, folder)
