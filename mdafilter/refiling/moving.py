"""The moves: a file gets another directory, by rename(2), and nothing else changes.

The name stays, with its flags and size, and so does the file: its octets and its time (the date that IMAP tells) are
those of before. A message in new/ comes into new/ of the other folder, unless rules give it flags, which only names in
cur/ have. Folders are made as a delivery makes them (targets/folder.py).

Whenever the process is killed, each message is in one of the two folders, once. What is left is what the next run
moves. The directories are synced, the new one first, when some hundred have moved: until then a power failure may undo
them, and loses none.

The journal is told before each move that it is about to happen, so that whoever meets the message in its new folder,
as `mdafilter watch` does, finds there that it was not its reader who moved it; and afterwards what came of it. Of a
process that was killed in between the next one tells (interrupted.py).

In:    Stored and where to; the Mailbox; the Journal.
Out:   Moved for each, as it happens.
Fails: OSError of making a folder, and of a sync: what was moved is moved. One message that cannot be moved holds up no
       other.
Collisions: rename(2) replaces what has the new name, so it is asked not to (renameat2(2), RENAME_NOREPLACE). A message
       whose base name is in the folder already gets a new one. A reader's program that renames the file meanwhile, to
       set a flag, is followed by its base name.
"""

from __future__ import annotations

import errno
import os
import time

from mdafilter import journal as journals
from mdafilter.errors import MdafilterError
from mdafilter.files import CALLS, Calls, sync
from mdafilter.journal import Entry
from mdafilter.refiling import interrupted
from mdafilter.refiling.fate import Fate
from mdafilter.refiling.keywords import translated
from mdafilter.refiling.stored import Stored
from mdafilter.targets import Mailbox, maildirsize
from mdafilter.targets.folder import make_folder
from mdafilter.targets.foldername import plain
from mdafilter.targets.naming import Naming
from mdafilter.train.folders import base
from mdafilter.train.listing import PARTS, directory, messages
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.journal import Journal

AT_ONCE = 500  # moves between two syncs
STAYS = "it stays in "  # begins a note of the journal
TRIES = 5  # for a message whose name changes meanwhile
_AT_FDCWD, _NOREPLACE = -100, 1  # fcntl.h, stdio.h
_TRASH = "Trash"


class Move(Value):
    """A message, and its Fate: where to, and what the journal is told."""

    stored: Stored
    fate: Fate


class Moved(Value):
    """What came of a move: the path of the file, or why it stays where it is."""

    move: Move
    path: str = ""
    why_not: str = ""


def info(name: str) -> str:
    """The flags of a name: what stands behind ":2,"."""
    return name.partition(":2,")[2]


def entry(move: Move, name: str, number: str, *, done: bool = True) -> Entry:
    """The line of the journal: of a file that gets, or has, this name, or, if it is not done, keeps its own."""
    fate = move.fate
    message_id, sender, recipient, size = fate.head
    act = journals.Filed("file", plain(fate.to) or "INBOX", fate.rule, fate.why, name, done)
    origin = f"{interrupted.FROM if done else STAYS}{plain(move.stored.folder) or 'INBOX'}"
    return Entry(
        time.time(),
        id=number,
        message_id=message_id,
        sender=sender,
        recipient=recipient,
        size=size,
        acts=(act,),
        notes=(origin,),
    )


class Mover:
    """The moves within one Maildir."""

    def __init__(
        self,
        mailbox: Mailbox,
        journal: Journal,
        naming: Naming | None = None,
        calls: Calls = CALLS,
    ) -> None:
        self.mailbox = mailbox
        self.root = mailbox.root
        self.journal = journal
        self.naming = naming or Naming.here()
        self.calls = calls
        self.notes: dict[str, None] = {}
        self._there: dict[str, set[str]] = {}  # bases in the folders that messages move to
        self._rename = exclusively()

    def run(self, moves: Iterable[Move]) -> Iterator[Moved]:
        """Moves them, in this order."""
        touched: dict[str, None] = {}
        count = 0
        self._note(interrupted.settle(self.root, self.journal))
        try:
            for move in moves:
                done = self._one(move)
                if done.path:
                    touched[os.path.dirname(done.path)] = None
                    touched[f"{directory(self.root, move.stored.folder)}/{move.stored.part}"] = None
                yield done
                count += 1
                if count % AT_ONCE == 0:
                    self._sync(touched)
        finally:
            self._sync(touched)

    def _sync(self, touched: dict[str, None]) -> None:
        for path in touched:
            sync(self.calls, path)
        touched.clear()

    def _one(self, move: Move) -> Moved:
        number = journals.new_id(time.time())
        done = self._tried(move, number)
        if done.path:
            self._note(journals.refiled(self.journal, entry(move, os.path.basename(done.path), number)))
        else:
            unmoved = entry(move, move.stored.name, number, done=False)
            self._note(journals.unmoved(self.journal, unmoved, done.why_not))
        return done

    def _tried(self, move: Move, number: str) -> Moved:
        stored = move.stored
        try:
            there = self._bases(move.fate.to)
            fresh = ""  # instead of a base name that is taken
            for _ in range(TRIES):
                if not fresh and base(stored.name) in there:
                    fresh = self.naming.unique()
                part, name = self._named(stored, move, fresh)
                self._note(journals.refiling(self.journal, entry(move, name, number)))
                target = f"{directory(self.root, move.fate.to)}/{part}/{name}"
                try:
                    self._rename(stored.path(self.root), target)
                except FileExistsError:
                    fresh = self.naming.unique()
                    continue
                except FileNotFoundError:
                    found = self._again(stored)
                    if found is None:
                        return Moved(move, "", "it has gone meanwhile")
                    stored = found
                    continue
                there.add(base(name))
                self._enter_size(move, target)
                return Moved(move, target)
        except (OSError, MdafilterError) as failed:  # it is where it was: rename(2) is the last thing that can fail
            return Moved(move, "", str(getattr(failed, "strerror", "") or failed))
        return Moved(move, "", "its name changes all the time")

    def _bases(self, folder: str) -> set[str]:
        """What is in the folder, which is made if it is not there."""
        if folder not in self._there:
            path = directory(self.root, folder)
            if not all(os.path.isdir(f"{path}/{part}") for part in (*PARTS, "tmp")):
                make_folder(self.calls, self.mailbox, path)
            self._there[folder] = set(messages(self.root, folder))
        return self._there[folder]

    def _named(self, stored: Stored, move: Move, fresh: str) -> tuple[str, str]:
        """The part and the name in the new folder."""
        stem, colon, _ = stored.name.partition(":2,")
        if fresh:
            stem = fresh + stem[len(base(stem)) :]
        before = info(stored.name)
        flags = set(before) | set(move.fate.flags)
        if keywords := "".join(sorted(flag for flag in flags if "a" <= flag <= "z")):
            source, target = directory(self.root, stored.folder), directory(self.root, move.fate.to)
            flags = flags - set(keywords) | set(translated(self.calls, source, target, keywords))
        if flags == set(before):
            return stored.part, stem + (f":2,{before}" if colon else "")
        return "cur", f"{stem}:2,{''.join(sorted(flags))}"

    def _note(self, note: str) -> None:
        if note:
            self.notes[note] = None

    def _again(self, stored: Stored) -> Stored | None:
        """The message under the name that it has now."""
        path = messages(self.root, stored.folder).get(base(stored.name))
        if path is None:
            return None
        part, _, name = path.partition("/")
        return stored.replace(part=part, name=name)

    def _enter_size(self, move: Move, path: str) -> None:
        """A quota that does not count the Trash (maildirsize.py) changes with what comes into it, or out of it."""
        comes, goes = move.fate.to == _TRASH, move.stored.folder == _TRASH
        if self.mailbox.quota_trash or comes == goes or "T" in info(path):
            return
        file = f"{self.root}/{maildirsize.NAME}"
        if not os.path.exists(file):
            return
        sign = -1 if comes else 1
        try:
            size = maildirsize.size_of(os.path.basename(path))
            size = os.stat(path).st_size if size is None else size
            fd = self.calls.open(file, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                self.calls.write(fd, b"%d %d\n" % (sign * size, sign))
            finally:
                self.calls.close(fd)
        except OSError as failed:  # the message has moved: the sums are wrong until they are calculated anew
            self.notes[f"{file} lacks some messages: {failed.strerror}"] = None


def exclusively() -> Callable[[str, str], None]:
    """rename(2) that replaces nothing: FileExistsError; else OSError as os.rename.

    Where the file system knows no such call, it is looked before: names in a Maildir are unique.
    """
    import ctypes  # for this one system call, which os does not have

    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

    def rename(old: str, new: str) -> None:
        if renameat2 is not None:
            if not renameat2(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), _NOREPLACE):
                return
            number = ctypes.get_errno()
            if number not in (errno.ENOSYS, errno.EINVAL):
                raise OSError(number, os.strerror(number), old)
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        os.rename(old, new)

    return rename
