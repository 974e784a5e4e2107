"""What readers do to the messages of one Maildir, for the scripts that want to know it (RFC 6785).

    APPEND   a message is new in its folder, and is no delivery of ours
    COPY     it came from another folder: copied, or moved; or was copied within its own
    FLAG     the letters behind the ":2," of its name are others than at the last look

An event is written down in the same transaction as what it follows from (watchstate.py), and stays there until its
script was run and all that it wanted is done. What happens while nobody looks is seen at the next start; a script that
was running when its process was killed is run again, and what it has done already is not done twice:

    run the script, do what it wants beside the message  ->  write down which flags the message gets  ->  set them
      (perform.py: a second try does what is missing)          (from here on the script is not run again)

Some events are taken together, so that each of these steps is written once for all of them.

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

import os
import time

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.files import CALLS, sync
from mdafilter.train.door import new_id
from mdafilter.train.listing import directory
from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mdafilter.train.folders import Found, Move
    from mdafilter.train.watchstate import WatchState


class Event(Value):
    """One event. `changed` are the letters that changed; `origin` is the folder that the message came from.

    When the script was run (`ran`), `added` and `removed` are the letters that are still to be set and taken away; or
    the message is to be expunged.
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
    expunge: bool = False


class Result(Value):
    """What a script came to: the letters that the message gets and loses, or that it goes; and what to do when that is
    written down.

    `settle` None: the script has done nothing that a second run would do twice. `release` is called instead where it
    could not be written down: a second run is to find what was done.
    """

    added: str = ""
    removed: str = ""
    settle: Callable[[], None] | None = None
    release: Callable[[], None] | None = None
    expunge: bool = False


class Scripts(Protocol):
    """The scripts of one Maildir."""

    def mark(self) -> object:
        """What `causes` depends on: as long as this is equal, so are they; None is never relied on."""

    def causes(self, folder: str) -> frozenset[str]:
        """What is to be told of this folder."""

    def run(self, event: Event) -> Result:
        """Runs those of an event, and does what they want, but for the flags. MdafilterError, OSError: not now."""

    def flag(self, event: Event) -> None:
        """Sets the flags of the message, or expunges it, if it is still there; the directory is not synced. OSError."""

    def give_up(self, event: Event, why: str) -> None:
        """It was tried for long enough: the message stays as it is."""

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
        self._mark: object = None
        self._missing: set[tuple[str, str]] = set()
        self._unset: set[tuple[str, str]] = set()  # messages that have not got yet what is known of them
        self._later: dict[str, float] = {}  # ids of events, to when they are tried again

    # --- what happens ------------------------------------------------------------------------------------------------

    def begin(self, folders: Iterable[str]) -> None:
        """A look begins: what is wanted now; and what a killed process has left to do to flags, before they are
        compared."""
        mark = self.scripts.mark()
        known = self._wanted if mark is not None and mark == self._mark else {}
        self._wanted = {name: known[name] if name in known else self.scripts.causes(name) for name in folders}
        self._mark = mark
        for name in [name for name in self.flags if "FLAG" not in self._wanted.get(name, ())]:
            self.state.forget_flags(name)
            del self.flags[name]
        ran = self.state.events(only_ran=True)
        over = self._finish(ran)
        if over:
            self._forget([event.id for event in over])
        self._unset = {(event.folder, event.base) for event in ran if event not in over}

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
        """Runs the scripts of some events together, the oldest first; whether there are more."""
        now = time.time()
        waiting = self.state.events(most + 1 + len(self._later))
        due = [one for one in waiting if self._later.get(one.id, 0.0) <= now]
        first: dict[tuple[str, str], Event] = {}
        for one in due[:most]:  # what the first of two events of a message does to its flags, the second is to see
            first.setdefault((one.folder, one.base), one)
        some = list(first.values())
        ran = [one for one in some if one.ran]
        results: dict[Event, Result] = {}
        try:
            for event in (one for one in some if not one.ran):
                result = self._run(event, now)
                if result is not None:
                    change = {"added": result.added, "removed": result.removed, "expunge": result.expunge}
                    results[event.replace(ran=True, **change)] = result
            over = [event.id for event, result in results.items() if result == Result()]
            settling = {event: result for event, result in results.items() if result != Result()}
            if settling:
                self._write_down(settling)
        except BaseException:
            for result in results.values():
                if result.release is not None:
                    result.release()
            raise
        for result in settling.values():
            if result.settle is not None:
                result.settle()
        ran += settling
        if ran:
            over += [event.id for event in self._finish(ran)]
        if over:
            self._forget(over)
        return len(due) > len(some)

    def _run(self, event: Event, now: float) -> Result | None:
        """None: it is tried again later."""
        try:
            result = self.scripts.run(event)
        except (MdafilterError, OSError) as failed:  # nothing was done: the message is as it was
            return self._failed(event, now, str(failed))
        except Exception as failed:  # noqa: BLE001 - a mistake of ours: the message stays, and others have their turn
            return self._failed(event, now, f"{type(failed).__name__}: {failed}")
        return result

    def _failed(self, event: Event, now: float, why: str) -> Result | None:
        self.scripts.say(f"{event.cause} of {event.base}: {why}")
        if now - event.time > limits.EVENT_GIVE_UP_SECONDS:
            self.scripts.give_up(event, why)
            return Result()
        self._later[event.id] = now + limits.EVENT_AGAIN_SECONDS
        return None

    def _forget(self, ids: list[str]) -> None:
        """These are over."""
        self.state.attended(ids)
        for one in ids:
            self._later.pop(one, None)

    def _write_down(self, ran: Iterable[Event]) -> None:
        """That these were run, and which flags are known from here on: no second try is expected any more."""
        rows = []
        for event in ran:
            known = self.flags.get(event.folder, {}).get(event.base)
            if known is not None:
                rows.append((event.folder, event.base, changed(known, event.added, event.removed)))
        self.state.ran(ran, rows)
        for folder, base, letters in rows:
            self.flags[folder][base] = letters

    def _finish(self, ran: Iterable[Event]) -> list[Event]:
        """Sets the flags of those that were run; those that are over. The others are done again with the next look."""
        over = [event for event in ran if not (event.added or event.removed or event.expunge)]
        touched: dict[str, list[Event]] = {}
        for event in (one for one in ran if one not in over):
            try:
                self.scripts.flag(event)
                touched.setdefault(event.folder, []).append(event)
            except (MdafilterError, OSError) as failed:
                self.scripts.say(f"flags of {event.base}: {failed}")
                self._later[event.id] = time.time() + limits.EVENT_AGAIN_SECONDS
        for folder, events in touched.items():
            try:
                sync(CALLS, f"{directory(os.path.dirname(self.state.path), folder)}/cur")
                over += events
            except FileNotFoundError:
                over += events  # the folder has gone, and all of its messages
            except OSError as failed:
                self.scripts.say(f"flags in {folder or 'INBOX'}: {failed}")
                self._later.update({event.id: time.time() + limits.EVENT_AGAIN_SECONDS for event in events})
        return over
