"""One Maildir, watched: what its reader moved into the junk folder or out of it goes into the spool of training.

Each round compares the Maildir with what was known of it (folders.py): that is the truth, whoever moved the files and
whether this process was there or not. Events (waking.py) only say that a round may be worth while.

    list the folders that have changed -> who arrived, who left -> verdicts -> state and outbox (one transaction)
                                                                                         -> spool -> outbox emptied

A Maildir that is looked at for the first time teaches nothing. What is in its messages is then read little by little,
between the rounds, so that a copy of one is known when its original has gone.

In:    the root of the Maildir, what its folders mean, where verdicts go to (door.write), where the journals are.
Out:   Counts of each round; lines for people. Where scripts want to know what readers do (events.py), that, too.
Fails: OSError, sqlite3.Error: the next round does it all again. A verdict that cannot be put into the spool waits in
       the outbox, and so do all moves after it.
Known bugs: a message that is removed for good between a move and the round after it teaches nothing. One that is
       removed before it is learned does, if the journal says that it was delivered (learn.py).
"""

from __future__ import annotations

import os
import time

from mdafilter import limits
from mdafilter.train import Report, likeness
from mdafilter.train.door import new_id
from mdafilter.train.events import Events
from mdafilter.train.filed import Filed
from mdafilter.train.folders import IGNORED, JUNK, OURS, Comparison, Found, Move, Roles, Seen, named_at, renamed
from mdafilter.train.listing import directory, folders, messages, trace
from mdafilter.train.watchstate import Verdict, WatchState
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.train.events import Event, Scripts
    from mdafilter.train.listing import Folder


class Task(Value):
    """What is watched."""

    root: str
    roles: Roles
    user: str
    journals: tuple[str, ...] = ()
    labelled: bool = True  # whether the filter labels what it files ([delivery] label)


class Counts(Value):
    """What a round found."""

    spam: int = 0
    ham: int = 0
    messages: int = 0  # of which it is only known now that they are there
    unread: int = 0  # of which is not known yet what is in them

    @property
    def moves(self) -> int:
        """Both verdicts."""
        return self.spam + self.ham


class Some:
    """Arrivals that are written together, and what leaves the state with them: where they came from.

    In the memory that stays until the end of the round, for other arrivals that came from there.
    """

    def __init__(self) -> None:
        self.dropped: list[Seen] = []
        self.added: list[Seen] = []
        self.verdicts: list[Verdict] = []
        self.moves: list[Move] = []
        self.events: list[Event] = []

    def full(self) -> bool:
        """Whether this is enough for one transaction."""
        octets = sum(len(one.message) for one in self.verdicts)
        return len(self.added) >= limits.WATCHED_AT_ONCE or octets > limits.WATCHED_OCTETS


class Watcher:
    """A Maildir and its state. `write` puts a Report into the spool; `say` gets a line for each move."""

    def __init__(
        self,
        task: Task,
        write: Callable[[Report], object],
        say: Callable[[str], None] = lambda _: None,
        scripts: Scripts | None = None,
    ) -> None:
        self.task = task
        self.write = write
        self.say = say
        self.state = WatchState(task.root)
        self.memory = self.state.memory()
        self.folders = self.state.folders()
        self.unread = {one.folder for one in self.memory if not one.key}
        self.events = None if scripts is None else Events(self.state, scripts)

    def close(self) -> None:
        """Lets another process have the Maildir."""
        self.state.close()

    def round(self) -> Counts:
        """Looks at what has changed since the last one. OSError, sqlite3.Error."""
        try:
            return self._round()
        except BaseException:
            self.memory = self.state.memory()  # what was not written is not known
            raise

    def attend(self) -> bool:
        """Runs scripts for some of what has happened; whether there are more to run. OSError, sqlite3.Error."""
        return self.events is not None and self.events.attend()

    def _round(self) -> Counts:
        self.send()  # what a killed process left, before what was moved later
        now = folders(self.task.root)
        now = {name: one for name, one in now.items() if self.task.roles.of(name) != IGNORED}
        if self.folders:
            self._rename(now)
        if self.events is not None:
            self.events.begin(now)
        listed, left, arrived = self._listed(now)
        filed = self._filed()
        comparison = Comparison(self.memory, left, self.task.roles, filed, filed.refiled)
        first = self.state.fresh
        counts, postponed = self._take_stock(comparison, arrived) if first else self._arrive(comparison, arrived)
        dropped, added = comparison.depart(time.time(), time.time() - limits.WATCH_GONE_SECONDS)
        # A folder with a message that could not be looked at is listed again next time.
        marks = {n: f if n in listed and n not in postponed else f.replace(marks="") for n, f in now.items()}
        if dropped or added or marks != self.folders:
            self.state.commit(dropped, added, folders=marks)
        self.folders, self.state.fresh = marks, False
        return counts.replace(unread=len(self.unread))

    def _rename(self, now: dict[str, Folder]) -> None:
        """Folders that have got another name: their messages go with them."""
        for old, new in renamed(_inodes(self.folders), _inodes(now)).items():
            before = list(self.memory.folders.get(old, {}).values())
            after = [one.replace(folder=new) for one in before]
            self.folders[new] = self.folders.pop(old)
            self.state.commit(before, after, folders=self.folders)
            for one in before:
                self.memory.drop(one)
            for one in after:
                self.memory.add(one)
            if self.events is not None:
                self.events.renamed(old, new)

    def _listed(self, now: dict[str, Folder]) -> tuple[set[str], list[Seen], list[tuple[str, str, str]]]:
        """The folders of which all is known; who has left; who has arrived (folder, base, path)."""
        listed, left, arrived = set(now), [], []
        for name in sorted(now.keys() | self.memory.folders.keys()):
            known = self.memory.folders.get(name, {})
            before = self.folders.get(name)
            new = self.events is not None and self.events.unknown(name)
            if name in now and before is not None and before.marks and before == now[name] and not new:
                continue
            try:
                there = messages(self.task.root, name) if name in now else {}
            except PermissionError:
                listed.discard(name)  # what is in it now is not known: nothing has come or gone
                continue
            if self.events is not None and name in now:
                self.events.listed(name, there)
            left += [one for base, one in known.items() if base not in there]
            arrived += [(name, base, path) for base, path in there.items() if base not in known]
        return listed, left, arrived

    def _take_stock(self, comparison: Comparison, arrived: list[tuple[str, str, str]]) -> tuple[Counts, set[str]]:
        """The first look: all that is there is there, and says nothing."""
        added, postponed = [], set()
        for name, base, path in arrived:
            try:
                if mark := trace(f"{directory(self.task.root, name)}/{path}"):
                    added.append(comparison.arrive(Found(name, base, path, mark)))
            except OSError:
                postponed.add(name)
        self.state.commit(added=added)
        self.unread |= {one.folder for one in added}
        return Counts(messages=len(added)), postponed

    def _arrive(self, comparison: Comparison, arrived: list[tuple[str, str, str]]) -> tuple[Counts, set[str]]:
        """All arrivals, some at a time; and the folders with those that cannot be looked at now."""
        counts, postponed = Counts(), set()
        some = Some()
        for name, base, path in sorted(arrived, key=lambda one: named_at(one[1])):  # copies after what they are of
            try:
                found = self._found(name, base, path)
                if found is None:
                    continue
                move = comparison.judge(found)
                verdict = self._verdict(move)
            except OSError:  # gone already, or called otherwise: it is where the next round finds it
                postponed.add(name)
                continue
            some.dropped += [one for one in self.memory.sources(found) if one in comparison.left]
            some.added.append(comparison.arrive(found))
            if not some.added[-1].key:
                self.unread.add(name)
            if verdict is not None:
                some.verdicts.append(verdict)
                some.moves.append(move)
            if self.events is not None and (event := self.events.of(move, comparison.refiled)) is not None:
                some.events.append(event)
            if some.full():
                counts = self._commit(counts, some)
                some = Some()
        return self._commit(counts, some), postponed

    def _found(self, name: str, base: str, path: str) -> Found | None:
        """An arrival. A message that is known by its name is not read. None for what is no file. OSError."""
        full = f"{directory(self.task.root, name)}/{path}"
        mark = trace(full)
        if not mark:
            return None
        found = Found(name, base, path, mark)
        if any(one.trace == mark or one.base == base for one in self.memory.sources(found)):
            return found
        like = likeness.likeness(full)
        return found.replace(key=like.key, label=like.label, message_id=like.message_id)

    def _verdict(self, move: Move) -> Verdict | None:
        """The verdict with the message, None for no move. OSError."""
        if not move.verdict:
            return None
        with open(f"{directory(self.task.root, move.found.folder)}/{move.found.path}", "rb") as file:
            message = file.read(limits.REPORT_OCTETS + 1)
        if len(message) > limits.REPORT_OCTETS:
            self.say(f"{_shown(move)}: too large, not learned")
            return None
        return Verdict(new_id(), move.verdict, message, move.found.base)

    def _commit(self, counts: Counts, some: Some) -> Counts:
        """Remembers some arrivals and what they say, then puts that into the spool."""
        if some.added:
            self.state.commit(some.dropped, some.added, some.verdicts, events=some.events)
        for move in some.moves:
            self.say(_shown(move))
        if some.verdicts:
            self.send()
        spam = sum(move.verdict == "spam" for move in some.moves)
        ham = len(some.moves) - spam
        return Counts(counts.spam + spam, counts.ham + ham, counts.messages + len(some.added))

    def send(self) -> None:
        """Puts what is in the outbox into the spool. OSError."""
        sent = []
        try:
            for one in self.state.outbox():
                facts = {"user": self.task.user, **({"file": one.file} if one.file else {})}
                try:
                    self.write(Report(one.verdict, "watch", facts, one.message, one.id))
                except FileExistsError:
                    pass  # it is there: we were killed before we could note that
                sent.append(one.id)
        finally:
            if sent:
                self.state.sent(sent)

    def _filed(self) -> Filed:
        """The journal, where it matters what it says, or where that is soon found: of what was delivered just now.

        Of a copy in another folder it does not: what was filed as junk says so by its label, if there are labels.
        """

        def asks(found: Found) -> bool:
            mine = OURS.fullmatch(found.base) is not None
            return mine or not self.task.labelled or self.task.roles.of(found.folder) == JUNK

        return Filed(self.task.root, self.task.journals, asks, self.memory.has)

    def read(self, count: int = limits.WATCH_READS) -> bool:
        """Finds out what is in some of the messages of which that is not known; whether there are more."""
        left = count
        for name in sorted(self.unread):
            there = self._unread(name)
            done = [one.replace(key=key) for one, key in self._keys(name, there[:left])]
            before = there[: len(done)]
            self.state.commit(before, done)
            for old, new in zip(before, done, strict=True):
                self.memory.drop(old)
                self.memory.add(new)
            left -= len(done)
            if len(done) < len(there):
                return True
            self.unread.discard(name)
        return False

    def _unread(self, name: str) -> list[Seen]:
        """The messages of a folder, the newest first: readers move new ones."""
        known = self.memory.folders.get(name, {}).values()
        return sorted((one for one in known if not one.key), key=lambda one: one.base, reverse=True)

    def _keys(self, name: str, some: Iterable[Seen]) -> Iterator[tuple[Seen, str]]:
        try:
            paths = messages(self.task.root, name)
        except OSError:
            paths = {}
        for one in some:
            try:
                yield one, likeness.likeness(f"{directory(self.task.root, name)}/{paths[one.base]}").key
            except (OSError, KeyError):
                yield one, f"unknown {os.urandom(8).hex()}"  # moved just now, or not ours to read: known by its name


def _inodes(some: dict[str, Folder]) -> dict[str, int]:
    return {name: one.inode for name, one in some.items() if one.inode > 0}


def _shown(move: Move) -> str:
    folder, origin = move.found.folder or "INBOX", move.origin or "INBOX"
    return f"{move.verdict}: {move.found.base}, moved from {origin} to {folder}"
