"""Whatever readers do between two looks, and wherever the watcher ends: each event is told, once, and no other is."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter.train.events import Event, Result
from mdafilter.train.folders import base
from mdafilter.train.watch import Watcher
from tests.support.folders import Maildir, Spool, raw, theirs

LETTERS = ("", "S", "F", "FS", "RS", "T")
WANTED = {"Lists": frozenset({"APPEND", "COPY", "FLAG"}), "Junk": frozenset({"COPY"})}
# What is done with the message of a number (of those that are there), into or in which folder, with which flags.
DOINGS = st.tuples(
    st.sampled_from(("deliver", "append", "link", "rename", "flag", "remove")),
    st.integers(0, 20),
    st.sampled_from(("", "Lists", "Junk")),
    st.sampled_from(LETTERS),
)


class Told:
    """Implements events.Scripts."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str, str]] = []

    def mark(self) -> object:
        return None

    def causes(self, folder: str) -> frozenset[str]:
        return WANTED.get(folder, frozenset())

    def run(self, event: Event) -> Result:
        self.events.append((event.cause, event.folder, event.base, event.changed))
        return Result()

    def flag(self, event: Event) -> None:
        raise AssertionError("there was nothing to do")

    def give_up(self, event: Event, why: str) -> None:
        raise AssertionError(why)

    def say(self, text: str) -> None:
        raise AssertionError(text)


class Reader:
    """The Maildir, and which events there are to be told of."""

    def __init__(self, top: Path) -> None:
        self.maildir = Maildir(top)
        self.there: list[Path] = []
        self.wanted: list[tuple[str, str, str, str]] = []
        self.number = 0

    def do(self, what: str, which: int, folder: str, letters: str, done: set[Path]) -> None:
        """One message is touched once between two looks: what more of them come to is for the unit tests."""
        old = self.there[which % len(self.there)] if self.there else None
        if what in ("deliver", "append") or old is None or old in done:
            self.number += 1
            if what == "deliver":
                new = self.maildir.deliver(self.number, folder)
            else:
                new = self.maildir.at(folder) / "cur" / f"{theirs()}:2,{letters}"
                new.write_bytes(raw(self.number))
                self.tell("APPEND", folder, new)
        elif what == "link":
            new = self.maildir.link(old, folder)
            self.tell("COPY", folder, new)
        elif what == "remove":
            self.there.remove(old)
            old.unlink()
            return
        else:
            origin = old.parent.parent.name.removeprefix(".") if old.parent.parent != self.maildir.root else ""
            new = self.maildir.flag(old, letters) if what == "flag" else self.maildir.rename(old, folder)
            before, after = (set(path.name.partition(":2,")[2]) for path in (old, new))
            if what == "rename" and folder != origin:
                self.tell("COPY", folder, new)
            elif before != after:
                self.tell("FLAG", origin, new, "".join(sorted(before ^ after)))
            self.there.remove(old)
        self.there.append(new)
        done |= {new} | ({old} if old is not None else set())

    def tell(self, cause: str, folder: str, path: Path, changed: str = "") -> None:
        if cause in WANTED.get(folder, ()):
            self.wanted.append((cause, folder, base(path.name), changed))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.lists(DOINGS, max_size=6)), max_size=6))
def test_events(turns: list[tuple[bool, list[tuple[str, int, str, str]]]]) -> None:
    with tempfile.TemporaryDirectory() as top:
        reader, told = Reader(Path(top)), Told()
        watcher = Watcher(reader.maildir.task(), Spool().write, scripts=told)
        watcher.round()
        for again, doings in turns:
            if again:
                watcher.close()
            done: set[Path] = set()
            for doing in doings:
                reader.do(*doing, done)
            if again:
                watcher = Watcher(reader.maildir.task(), Spool().write, scripts=told)
            for _ in range(2):
                watcher.round()
                while watcher.attend():
                    pass
            assert Counter(told.events) == Counter(reader.wanted)
        watcher.close()
