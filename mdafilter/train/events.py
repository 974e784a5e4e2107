"""What readers do to the messages of one Maildir, for the scripts that want to know it (RFC 6785).

    APPEND   a message is new in its folder, and is no delivery of ours
    COPY     it came from another folder: copied, or moved; or was copied within its own
    FLAG     the letters behind the ":2," of its name are others than at the last look

An event is written down in the same transaction as what it follows from (watchstate.py), and stays there until its
script was run and all that it wanted is done. What happens while nobody looks is seen at the next start; a script that
was running when its process was killed is run again, and what it has done already is not done twice:

    run the script, do what it wants beside the message  ->  write down which flags the message gets  ->  set them
      (perform.py: a second try does what is missing)          (from here on the script is not run again)

What scripts do is no event (section 6): new messages have names of ours, and the flags that a message gets are written
down as known before they are set.

In:    the state of the watcher; what it has found; Scripts, who know what is wanted, and run it (mdafilter/events).
Out:   events in the state; `attend` runs some.
Fails: sqlite3.Error, OSError of the state. What a script wants and cannot be done now (TryAgain) is tried again,
       limits.EVENT_GIVE_UP_SECONDS long; the message stays as it is meanwhile.
Known bugs: flags that change and change back between two looks are not seen. What other programs than ours deliver is
       an APPEND: nothing tells it from one. A message that comes and is moved on between two looks is an APPEND where
       it is then; of one that comes and is copied, it may be the copy that is the APPEND.
"""

from __future__ import annotations

import time

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.train.door import new_id
from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mdafilter.train.folders import Found, Move
    from mdafilter.train.watchstate import WatchState


class Event(Value):
    """One event. `changed` are the letters that changed; `origin` is the folder that the message came from.

    When the script was run (`ran`), `added` and `removed` are the letters that are still to be set and taken away.
    """

    id: str
    folder: str
    base: str
    cause: str
    time: float
    origin: str = ""
    changed: str = ""
    ran: bool = False
    added: str = ""
    removed: str = ""


class Result(Value):
    """What a script came to: the letters that the message gets and loses, and what to do when that is written down.

    `settle` None: the script has done nothing that a second run would do twice.
    """

    added: str = ""
    removed: str = ""
    settle: Callable[[], None] | None = None


class Scripts(Protocol):
    """The scripts of one Maildir."""

    def causes(self, folder: str) -> frozenset[str]:
        """What is to be told of this folder."""

    def run(self, event: Event) -> Result:
        """Runs those of an event, and does what they want, but for the flags. MdafilterError, OSError: not now."""

    def flag(self, event: Event) -> None:
        """Sets the flags of the message, if it is still there. OSError."""

    def say(self, text: str) -> None:
        """What goes wrong, for people."""


def info(path: str) -> str:
    """The letters of a name."""
    return path.partition(":2,")[2]


def changed(letters: str, added: str, removed: str) -> str:
    """The letters after a change, in their order."""
    return "".join(sorted(set(letters) - set(removed) | set(added)))


class Events:
    """The events of one Maildir, and the flags that are known of its folders."""

    def __init__(self, state: WatchState, scripts: Scripts) -> None:
        self.state = state
        self.scripts = scripts
        self.flags = state.flags()
        self._wanted: dict[str, frozenset[str]] = {}
        self._missing: set[tuple[str, str]] = set()
        self._unset: set[tuple[str, str]] = set()  # messages that have not got yet what is known of them
        self._later: dict[str, float] = {}  # ids of events, to when they are tried again

    # --- what happens ------------------------------------------------------------------------------------------------

    def begin(self, folders: Iterable[str]) -> None:
        """A look begins: what is wanted now; and what a killed process has left to do to flags, before they are
        compared."""
        self._wanted = {name: self.scripts.causes(name) for name in folders}
        for name in [name for name in self.flags if "FLAG" not in self._wanted.get(name, ())]:
            self.state.forget_flags(name)
            del self.flags[name]
        left = [event for event in self.state.events(only_ran=True) if not self._finish(event)]
        self._unset = {(event.folder, event.base) for event in left}

    def unknown(self, folder: str) -> bool:
        """Whether the flags in this folder are wanted, and not known yet."""
        return folder not in self.flags and "FLAG" in self._wanted.get(folder, ())

    def renamed(self, old: str, new: str) -> None:
        """A folder has another name."""
        self.state.rename_flags(old, new)
        if old in self.flags:
            self.flags[new] = self.flags.pop(old)

    def listed(self, folder: str, there: Mapping[str, str]) -> None:
        """All messages of a folder as they are now, base to path. Those that were not known are no event of this kind.

        A name that is missing once is not forgotten: who changes flags renames, and a directory that is read meanwhile
        may show neither of the names (readdir(3)).
        """
        if "FLAG" not in self._wanted.get(folder, ()):
            return
        before = self.flags.get(folder, {})
        now = {base: info(path) for base, path in there.items() if (folder, base) not in self._unset}
        gone = {(folder, base) for base in before if base not in there}
        rows: list[tuple[str, str, str | None]] = [(*one, None) for one in gone & self._missing]
        rows += [(folder, base, letters) for base, letters in now.items() if before.get(base) != letters]
        events = [
            Event(
                new_id(), folder, base, "FLAG", time.time(), changed="".join(sorted(set(letters) ^ set(before[base])))
            )
            for _, base, letters in rows
            if letters is not None and base in before and set(letters) != set(before[base])
        ]
        if rows:
            self.state.commit(events=events, flags=rows)
        self._missing = {one for one in self._missing if one[0] != folder} | (gone - self._missing)
        self._remember(folder, rows)

    def of(self, move: Move, refiled: Callable[[Found], bool]) -> Event | None:
        """The event that an arrival is, if somebody wants to know. What we have moved ourselves is none."""
        found = move.found
        if not move.cause or move.cause not in self._wanted.get(found.folder, ()) or refiled(found):
            return None
        return Event(new_id(), found.folder, found.base, move.cause, time.time(), move.origin)

    def _remember(self, folder: str, rows: Iterable[tuple[str, str, str | None]]) -> None:
        known = self.flags.setdefault(folder, {})
        for _, base, letters in rows:
            if letters is None:
                del known[base]
            else:
                known[base] = letters

    # --- and what is done about it -----------------------------------------------------------------------------------

    def attend(self, most: int = limits.EVENTS_AT_ONCE) -> bool:
        """Runs the scripts of some events, the oldest first; whether there are more."""
        now = time.time()
        waiting = self.state.events(most + 1 + len(self._later))
        due = [one for one in waiting if self._later.get(one.id, 0.0) <= now]
        idle = [one.id for one in due[:most] if self._attend(one, now)]
        if idle:
            self.state.attended(idle)
        return len(due) > most

    def _attend(self, event: Event, now: float) -> bool:
        """Whether nothing was done, so that it need only be forgotten."""
        if event.ran:
            self._finish(event)
            return False
        try:
            result = self.scripts.run(event)
        except (MdafilterError, OSError) as failed:  # nothing was done: the message is as it was
            self.scripts.say(f"{event.cause} of {event.base}: {failed}")
            if now - event.time > limits.EVENT_GIVE_UP_SECONDS:
                self._later.pop(event.id, None)
                return True
            self._later[event.id] = now + limits.EVENT_AGAIN_SECONDS
            return False
        self._later.pop(event.id, None)
        if result == Result():
            return True
        event = event.replace(ran=True, added=result.added, removed=result.removed)
        known = self.flags.get(event.folder, {}).get(event.base)
        rows = [(event.folder, event.base, changed(known, event.added, event.removed))] if known is not None else []
        self.state.ran(event, rows)
        if rows:
            self._remember(event.folder, rows)
        if result.settle is not None:
            result.settle()
        self._finish(event)
        return False

    def _finish(self, event: Event) -> bool:
        """The script was run: its flags are set, and the event is over. False: they could not be set."""
        if event.added or event.removed:
            try:
                self.scripts.flag(event)
            except (MdafilterError, OSError) as failed:  # done again with the next look
                self.scripts.say(f"flags of {event.base}: {failed}")
                return False
        self.state.attended([event.id])
        return True
