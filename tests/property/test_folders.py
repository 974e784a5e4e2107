"""Random moves, copies, appends, flags, deliveries and restarts, against a model that knows where each message is.

The model is this: a message was in a folder when the watcher looked last (or when it was delivered), and is in another
one now. That is one move, however it came about.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.folders import FOLDERS, ROLES, Maildir, Spool, watcher

FOLDER = st.sampled_from(FOLDERS)
PICK = st.integers(0, 1000)
WAY = st.sampled_from(("rename", "link", "append"))


class Reader(RuleBasedStateMachine):
    """A Maildir, who uses it, and what is expected to be learned."""

    def __init__(self) -> None:
        super().__init__()
        self.maildir = Maildir(Path(tempfile.mkdtemp()))
        self.spool = Spool()
        self.paths: dict[int, Path] = {}  # number of a message to its file
        self.now: dict[int, str] = {}
        self.known: dict[int, str] = {}  # where it was when the watcher looked last
        self.expected: list[tuple[str, str]] = []
        self.count = 0

    @initialize(folders=st.lists(FOLDER, max_size=5))
    def first_start(self, folders: list[str]) -> None:
        for folder in folders:
            self.deliver(folder)
        self.watcher = watcher(self.maildir, self.spool)
        self.known = dict(self.now)
        assert self.spool.taken() == []

    def teardown(self) -> None:
        self.watcher.close()
        self.maildir.remove()

    def pick(self, number: int) -> int:
        there = sorted(self.now)
        return there[number % len(there)]

    @rule(folder=FOLDER)
    def deliver(self, folder: str) -> None:
        self.count += 1
        self.paths[self.count] = self.maildir.deliver(self.count, folder)
        self.now[self.count] = self.known[self.count] = folder

    @precondition(lambda self: self.now)
    @rule(which=PICK, folder=FOLDER, way=WAY)
    def move(self, which: int, folder: str, way: str) -> None:
        number = self.pick(which)
        if folder == self.now[number] and way != "rename":
            return  # a second copy, and the first one deleted: it was not moved
        old = self.paths[number]
        self.paths[number] = getattr(self.maildir, way)(old, folder)
        if way != "rename":
            old.unlink()
        self.now[number] = folder

    @precondition(lambda self: self.now)
    @rule(which=PICK, folder=FOLDER, way=st.sampled_from(("link", "append")), first=st.booleans())
    def copy_and_delete_later(self, which: int, folder: str, way: str, first: bool) -> None:
        """`first`: the original goes, else the copy."""
        number = self.pick(which)
        if folder == self.now[number]:
            return
        self.look()
        old, origin = self.paths[number], self.now[number]
        new = getattr(self.maildir, way)(old, folder)
        self.now[number] = folder
        self.look()
        goes, stays = (old, new) if first else (new, old)
        goes.unlink()
        self.paths[number] = stays
        if not first:
            self.now[number] = self.known[number] = origin
        self.look()

    @precondition(lambda self: self.now)
    @rule(which=PICK, folder=FOLDER)
    def delete_and_append_later(self, which: int, folder: str) -> None:
        """As a client may that synchronises two sides."""
        number = self.pick(which)
        self.look()
        new = self.maildir.append(self.paths[number], folder)
        aside = self.maildir.root / "tmp" / new.name
        new.rename(aside)
        self.paths[number].unlink()
        self.look_without(number)
        aside.rename(new)
        self.paths[number], self.now[number] = new, folder

    @precondition(lambda self: self.now)
    @rule(which=PICK, letters=st.sampled_from(("", "S", "FS", "RST")))
    def flag(self, which: int, letters: str) -> None:
        number = self.pick(which)
        self.paths[number] = self.maildir.flag(self.paths[number], letters)

    @precondition(lambda self: self.now)
    @rule(which=PICK)
    def delete(self, which: int) -> None:
        number = self.pick(which)
        self.paths.pop(number).unlink()
        del self.now[number], self.known[number]

    @rule()
    def look(self) -> None:
        self.look_without(None)

    def look_without(self, hidden: int | None) -> None:
        for number, folder in self.now.items():
            verdict = ROLES.verdict(self.known[number], folder) if folder != self.known[number] else ""
            if verdict and number != hidden:
                self.expected.append((verdict, str(number)))
        self.watcher.round()
        self.known = dict(self.now)

    @rule()
    def nothing_happens(self) -> None:
        """The folders are old enough that they are not listed again."""
        self.look()
        self.maildir.age()
        self.look()
        self.look()

    @rule()
    def restart(self) -> None:
        self.watcher.close()
        self.watcher = watcher(self.maildir, self.spool)
        self.watcher.close()
        self.look_at_expected()
        self.watcher = watcher(self.maildir, self.spool)

    def look_at_expected(self) -> None:
        for number, folder in self.now.items():
            if folder != self.known[number] and (verdict := ROLES.verdict(self.known[number], folder)):
                self.expected.append((verdict, str(number)))
        self.known = dict(self.now)

    @rule(after=st.integers(0, 3))
    def killed_while_it_writes(self, after: int) -> None:
        calls = iter(range(after))
        self.spool.fails = lambda: next(calls, None) is None
        try:
            self.watcher.round()
        except OSError:
            pass  # the process is dead
        self.spool.fails = lambda: False
        self.restart()

    @invariant()
    def each_move_is_learned_once(self) -> None:
        if self.expected or self.spool.reports:
            assert sorted(self.spool.taken()) == sorted(self.expected)
            self.expected = []


Reader.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestReader = Reader.TestCase
