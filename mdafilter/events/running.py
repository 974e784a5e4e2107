"""Runs the scripts of an event, and does what they decide: implements train.events.Scripts for one Maildir.

    the file  ->  message and flags  ->  engine.run  ->  perform: new messages, letters, programs  ->  journal
                                                    ->  letters that the message gets and loses (train/events.py)

perform.py carries out what is done beside the message, under a key that follows from the event: a second try after a
kill finds what the first one has done, and does the rest; another event of the same message is another key.

In:    Event. Out: Result; the journal has a line for what was done, and for what could not be.
Fails: TryAgain, OSError where it cannot be done now, and nothing was done. What can never be done (a script that fails,
       an address that is none, a folder that nobody may write to) is said in the journal: the message stays.
Known bugs: a script that decides otherwise after a kill than before does both (perform.py). A message that is moved or
       deleted before its event is looked at has none.
"""

from __future__ import annotations

import errno
import os
import time
from _blake2 import blake2b

from mdafilter import engine, journal, limits, pipeline, record, settings
from mdafilter.acts import File, Keep
from mdafilter.decision import Decision
from mdafilter.errors import ActFailed, SettingsError, TryAgain
from mdafilter.events.flags import letters_of, names_of, without
from mdafilter.events.library import Broken, Library, spelled
from mdafilter.files import CALLS, remove
from mdafilter.mailboxes import FILE
from mdafilter.message import Envelope
from mdafilter.outcome import of_stored
from mdafilter.outside import Outside
from mdafilter.perform import Receipts, perform, remember
from mdafilter.plan import Scene
from mdafilter.recall import settled
from mdafilter.refiling.moving import TRIES, exclusively
from mdafilter.refiling.stored import Letter, letter
from mdafilter.rulebook import Rulebook
from mdafilter.targets.naming import identity
from mdafilter.texts import Where
from mdafilter.train.events import Event, Result, changed, info
from mdafilter.train.listing import directory, messages
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.imapsieve import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.decision import Decided
    from mdafilter.delivery import Account
    from mdafilter.plan import Plan
    from mdafilter.settings import Settings
    from mdafilter.targets import Staged
    from mdafilter.train.watch import Task
    from mdafilter.world import Ran

IMPLICIT = Where("implicit keep", 0)
DELETED = "\\Deleted"
RESTLESS = "its name changes all the time"


def scripts_of(chosen: Settings, account: Account, task: Task, say: Callable[[str], None]) -> Running:
    """Those of a Maildir that is watched."""
    home, environ = account.home, dict(os.environ)
    try:
        log = settings.expand(chosen.journal.path, home=home, recipient=task.user)
    except SettingsError:
        log = ""  # a part of an address that this user has not
    if not chosen.journal.path and home:
        log = journal.default_path({}, home)  # where `watch` looks, whatever a shell has set
    log_file = journal.Journal.of(chosen.journal, log)
    setup = pipeline.Setup(chosen, Rulebook(()), task.root, home, log_file, "", environ)
    return Running(setup, task.user, say)


class _Case(Value):
    """An event with its message. `before` are the flags that this has."""

    event: Event
    plans: tuple[Plan, ...]
    found: Letter
    envelope: Envelope
    before: tuple[str, ...]


class Running:
    """The scripts of one Maildir, and what they need."""

    def __init__(self, setup: pipeline.Setup, user: str, say: Callable[[str], None]) -> None:
        self.setup = setup
        self.user = user
        self.say = say
        self.root = setup.mailbox
        self.library = Library(setup.settings, setup.home, setup.mailbox, user)
        self._there: dict[str, dict[str, str]] = {}  # of the folder that was looked into last
        self._told: set[str] = set()
        self._rename = exclusively()

    @property
    def email(self) -> str:
        """The primary address of the user (RFC 6785 section 4.2)."""
        chosen = self.setup.settings
        if "@" in self.user:
            return self.user
        return chosen.sieve.user_email or f"{self.user}@{chosen.hostname or os.uname().nodename}"

    def mark(self) -> object:
        """Of the file with the annotations, which is looked at once in a round, and not for each folder."""
        try:
            state = os.stat(f"{self.root}/{FILE}")
        except OSError:
            return "none"
        when = state.st_ctime_ns
        return (state.st_ino, when) if settled(when, time.time_ns()) else None

    def causes(self, folder: str) -> frozenset[str]:
        """What is to be told of a folder."""
        try:
            return self.library.causes(folder)
        except Broken as broken:
            self._broken(broken)
            return frozenset()

    def run(self, event: Event) -> Result:
        """Runs them. TryAgain, OSError."""
        try:
            plans = self.library.plans(event.cause, event.folder, event.origin)
        except Broken as broken:
            self._broken(broken)
            return Result()
        envelope = Envelope(self.email, self.email, user=self.user)  # section 3.4: "the owner of the mailbox"
        if not plans:
            return Result()
        for _ in range(TRIES):
            path = self._path(event)
            if path is None:
                return Result()  # it has gone
            try:
                found = letter(path, self.user, self.setup.settings.recipient_delimiter)
            except FileNotFoundError:
                continue  # a reader has given it another name just now
            before = names_of(directory(self.root, event.folder), info(path))
            return self._carried_out(_Case(event, plans, found, envelope, before))
        raise OSError(errno.EAGAIN, RESTLESS)

    def _carried_out(self, case: _Case) -> Result:
        """Decides, and does it; what cannot be done, and may fail, is passed over: then it is decided again without."""
        entry = record.begun(case.found.message, case.envelope, time.time())
        failed: dict[Where, ActFailed] = {}
        ran: dict[tuple[object, ...], Ran] = {}
        places: dict[str, Staged] = {}
        for _ in range(limits.TRIES):
            scene = self._decided(case, failed, ran)
            stays, other = of_stored(scene.decided)
            told = Decision((), scene.verdict_so_far(), notes=(_shown(case.event), *scene.notes))
            try:
                receipts = self._beside(case, other, scene, places)
            except ActFailed as act:  # nothing was done, but for programs that ran before it
                if act.at in failed or act.at not in {one.tried for one in other}:
                    note = f"{act.at}: {act.text}; the message stays as it is"
                    told = told.replace(notes=(*told.notes, note))
                    self._tell(record.completed(entry, case.found.message, told, Receipts(())))
                    return Result()
                failed[act.at] = act
                places.update(act.ran)
                continue
            try:
                return self._result(case, entry, scene, told, stays, receipts)
            except BaseException:
                receipts.release()  # a second try must find no lock, and see what was done
                raise
        raise TryAgain(f"{limits.TRIES} deliveries failed one after the other")

    def _decided(self, case: _Case, failed: dict[Where, ActFailed], ran: dict[tuple[object, ...], Ran]) -> Scene:
        """The scene, when the scripts have run."""
        setup, event, message = self.setup, case.event, case.found.message
        world = Outside(
            setup.settings,
            case.envelope,
            self.root,
            home=setup.home,
            environ=setup.environ,
            octets=message.octets,
        )
        flags = names_of(directory(self.root, event.folder), event.changed)
        told = facts(self.user, self.email, event.cause, spelled(event.folder), flags)
        scene = Scene(message, case.envelope, world, failed, ran, told)
        scene.flags = case.before  # section 2.2.3: "as they are AFTER the changes"
        engine.run(case.plans, scene, trace=False)
        return scene

    def _beside(self, case: _Case, other: tuple[Decided, ...], scene: Scene, places: dict[str, Staged]) -> Receipts:
        """What is done beside the message. TryAgain, ActFailed."""
        message, remembered = case.found.message, tuple(scene.remember)
        mailbox = pipeline.mailbox_of(self.setup).replace(over_quota="defer")
        if other:
            acts = tuple(one if one.tried is not None else one.replace(tried=one.at or IMPLICIT) for one in other)
            decision = Decision(acts, remember=remembered)
            return perform(decision, message, case.envelope, mailbox, ran=places, key=_key(case.event))
        if remembered:
            notes, memories = remember(remembered, identity(message.octets, case.envelope), mailbox, CALLS)
            return Receipts((), notes=tuple(notes), memories=memories)
        return Receipts(())

    def _result(
        self,
        case: _Case,
        entry: journal.Entry,
        scene: Scene,
        told: Decision,
        stays: tuple[str, ...] | None,
        receipts: Receipts,
    ) -> Result:
        """What is left to do: the flags; and the journal is told."""
        _dated(receipts, case.found.time)
        expunge = stays is None and self.setup.settings.sieve.imapsieve_expunge_discarded
        added, removed, note = ("", "", "") if expunge else self._letters(case.event, stays, case.before)
        told = told.replace(notes=(*told.notes, note)) if note else told
        entry = record.completed(entry, case.found.message, told, receipts)
        if added or removed or expunge:
            marked = _marked(case, scene.decided, stays)
            entry = entry.replace(acts=(*entry.acts, marked.replace(action="expunge", to="") if expunge else marked))
        if entry.acts or scene.notes or note or receipts.notes:
            self._tell(entry)
        if not (receipts.staged or receipts.memories):
            return Result(added, removed, expunge=expunge)
        return Result(added, removed, receipts.forget, receipts.release, expunge)

    def _letters(self, event: Event, stays: tuple[str, ...] | None, before: tuple[str, ...]) -> tuple[str, str, str]:
        """Those that the message gets, those that it loses, and a note."""
        here = directory(self.root, event.folder)
        if stays is None:
            return ("" if DELETED in before else letters_of(here, (DELETED,))[0]), "", ""
        added, note = letters_of(here, without(stays, before))
        return added, letters_of(here, without(before, stays))[0], note

    def give_up(self, event: Event, why: str) -> None:
        """The journal is told."""
        now = time.time()
        notes = (_shown(event), f"{event.base}: given up, the message stays as it is: {why}")
        self._tell(journal.Entry(now, journal.new_id(now), recipient=self.email, notes=notes))

    def _tell(self, entry: journal.Entry) -> None:
        journal.attended(self.setup.journal, record.ended(entry, time.time()))

    def _broken(self, broken: Broken) -> None:
        """A script that cannot be run is told once."""
        text = str(broken)
        if text not in self._told:
            self._told.add(text)
            self.say(f"no script runs: {text}")
            journal.rule_problem(self.setup.journal, time.time(), broken.problem.file, text, user=self.user)

    # --- the file ----------------------------------------------------------------------------------------------------

    def flag(self, event: Event) -> None:
        """By rename(2), as readers do it; what is to be expunged is removed. OSError."""
        here = directory(self.root, event.folder)
        for _ in range(TRIES):
            path = self._path(event)
            if path is None:
                return  # its reader has moved or deleted it
            if event.expunge:
                if not remove(CALLS, path):
                    raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
                return
            letters = changed(info(path), event.added, event.removed)
            if set(letters) == set(info(path)):
                return
            name = os.path.basename(path).partition(":2,")[0]
            try:
                self._rename(path, f"{here}/cur/{name}:2,{letters}")
            except FileNotFoundError:
                continue  # somebody sets a flag at the same time
            return
        raise OSError(errno.EAGAIN, RESTLESS)

    def _path(self, event: Event) -> str | None:
        """Where the message is now; None where it is not in this folder any more. OSError."""
        folder = event.folder
        for known in (self._there.get(folder), None):
            there = messages(self.root, folder) if known is None else known
            self._there = {folder: there}
            path = f"{directory(self.root, folder)}/{there.get(event.base, '')}"
            if event.base in there and os.path.lexists(path):
                return path
        return None


def _key(event: Event) -> str:
    """What perform.py knows a second try by: another one for each event, and for each time that one happens."""
    return blake2b(event.id.encode(), digest_size=16).hexdigest()


def _dated(receipts: Receipts, seconds: float) -> None:
    """New messages have the date of the one that they were made of, as copies have (RFC 9051 section 6.4.7)."""
    for one in receipts.receipts:
        if isinstance(one.act, File) and not one.act.letter:
            try:
                os.utime(one.path, (seconds, seconds))
            except OSError:
                continue  # its reader has moved it already: it has the date of today


def _shown(event: Event) -> str:
    origin = f", from {spelled(event.origin)}" if event.cause == "COPY" else ""
    return f"{event.cause} in {spelled(event.folder)}{origin}"


def _marked(case: _Case, decided: list[Decided], stays: tuple[str, ...] | None) -> journal.Filed:
    """What the journal is told of the flags: by the rule that kept the message, or else by that which did not."""
    if stays is None:
        change, by = [f"+{DELETED}"], decided[0]
    else:
        change = [f"+{flag}" for flag in without(stays, case.before)]
        change += [f"-{flag}" for flag in without(case.before, stays)]
        by = next(one for one in reversed(decided) if isinstance(one.act, Keep))
    rule = str(by.at) if by.at is not None else ""
    return journal.Filed("flags", " ".join(change), rule, by.why, case.event.base)
