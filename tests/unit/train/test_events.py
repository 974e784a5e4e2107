"""Events in the state of a watcher, with scripts that only say what they were asked. Real ones: tests/unit/events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.train.events import Event, Result, changed, info
from mdafilter.train.folders import base
from mdafilter.train.watch import Watcher
from tests.support.folders import Maildir, Spool, theirs


class Told:
    """Implements events.Scripts."""

    def __init__(self) -> None:
        self.wanted = {"Lists": frozenset({"APPEND", "COPY", "FLAG"})}
        self.events: list[tuple[str, str]] = []
        self.done: list[str] = []
        self.said: list[str] = []
        self.given_up: list[str] = []
        self.marked: object = None
        self.result = Result()
        self.fails: set[str] = set()
        self.sets: Path | None = None  # the file that gets the flags

    def mark(self) -> object:
        return self.marked

    def causes(self, folder: str) -> frozenset[str]:
        return self.wanted.get(folder, frozenset())

    def run(self, event: Event) -> Result:
        if "run" in self.fails:
            raise TryAgain("not now")
        if "mistake" in self.fails:
            raise ZeroDivisionError("ours")
        self.events.append((event.cause, event.changed or event.origin))
        return self.result

    def flag(self, event: Event) -> None:
        if "flag" in self.fails:
            raise OSError(5, "Input/output error")
        self.done.append(f"+{event.added}-{event.removed}")
        if self.sets is not None:
            self.sets.rename(f"{self.sets}{event.added}")

    def give_up(self, event: Event, why: str) -> None:
        self.given_up.append(why)

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watcher(maildir: Maildir, told: Told) -> Iterator[Watcher]:
    made = begun(maildir, told)
    yield made
    made.close()


def begun(maildir: Maildir, told: Told) -> Watcher:
    made = Watcher(maildir.task(), Spool().write, scripts=told)
    made.round()
    return made


def put(maildir: Maildir, letters: str = "", folder: str = "Lists") -> Path:
    path = maildir.at(folder) / "cur" / f"{theirs()}:2,{letters}"
    path.write_text(f"Subject: {path.name}\n\nx\n")
    return path


def test_an_event_waits_until_it_was_attended(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    path = put(maildir)
    watcher.round()
    watcher.close()
    again = begun(maildir, told)
    assert told.events == []
    maildir.flag(path, "FS")
    again.round()
    assert again.attend(), "the second event of a message is not taken together with the first"
    assert not again.attend()
    assert told.events == [("APPEND", "Lists"), ("FLAG", "FS")]
    again.round()
    assert not again.attend()
    assert len(told.events) == 2
    again.close()


def test_some_are_attended_at_a_time(
    maildir: Maildir, told: Told, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        put(maildir)
    watcher.round()
    assert watcher.events is not None
    assert [watcher.events.attend(2) for _ in range(3)] == [True, True, False]
    assert len(told.events) == 5


def test_what_nobody_wants_to_know_is_no_event(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    told.wanted = {"Lists": frozenset({"COPY"})}
    maildir.flag(put(maildir), "S")
    watcher.round()
    maildir.rename(maildir.deliver(1), "Lists")
    watcher.round()
    watcher.attend()
    assert told.events == [("COPY", "")]
    assert watcher.state.flags() == {}, "flags are known only where they are wanted"


def test_the_flags_are_known_when_they_are_wanted_first(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    """Of a folder that has not changed for long, too."""
    told.wanted = {}
    path = put(maildir, "S")
    maildir.age()
    watcher.round()
    told.wanted = {"Lists": frozenset({"FLAG"})}
    watcher.round()
    maildir.flag(path, "FS")
    watcher.round()
    watcher.attend()
    assert told.events == [("FLAG", "F")]


def test_flags_that_a_script_has_set_are_no_event(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    path = put(maildir, "S")
    told.result = Result("F", "S")
    watcher.round()
    watcher.attend()
    maildir.flag(path, "F")
    watcher.round()
    watcher.attend()
    assert (told.events, told.done) == ([("APPEND", "Lists")], ["+F-S"])


def test_flags_that_could_not_be_set_are_set_before_the_next_look(maildir: Maildir, told: Told) -> None:
    """The script is not run again: what it had done is settled. Nor is what is missing taken for a reader's change."""
    settled: list[str] = []
    told.result = Result("T", "", lambda: settled.append("yes"))
    told.fails = {"flag"}
    watcher = begun(maildir, told)
    path = put(maildir)
    watcher.round()
    watcher.attend()
    assert (told.done, settled, len(told.said)) == ([], ["yes"], 1)
    watcher.close()
    again = begun(maildir, told)
    again.attend()
    assert [event.ran for event in again.state.events()] == [True]
    told.fails, told.sets = set(), path
    again.round()
    again.attend()
    assert (told.done, told.events, again.state.events()) == (["+T-"], [("APPEND", "Lists")], [])
    again.close()


def test_what_cannot_be_done_now_holds_up_nothing_else(
    maildir: Maildir, told: Told, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(maildir)
    told.fails = {"run"}
    watcher.round()
    assert not watcher.attend()
    told.fails = set()
    put(maildir, "S")
    watcher.round()
    watcher.attend()
    assert (told.events, told.said[0][-7:]) == ([("APPEND", "Lists")], "not now")
    assert watcher.events is not None
    (event,) = watcher.state.events()
    watcher.events._later[event.id] = 0.0
    watcher.attend()
    assert len(told.events) == 2


def test_it_is_given_up_some_day(
    maildir: Maildir, told: Told, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EVENT_GIVE_UP_SECONDS", -1.0)
    put(maildir)
    told.fails = {"run"}
    watcher.round()
    watcher.attend()
    assert (watcher.state.events(), told.given_up) == ([], ["not now"])


def test_a_name_that_is_missing_once_keeps_its_flags(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    """readdir(3), while a reader renames: neither the old name nor the new one may be seen."""
    path = put(maildir, "S")
    watcher.round()
    hidden = path.rename(maildir.root / "hidden")
    watcher.round()
    hidden.rename(path.with_name(path.name + "T"))
    watcher.round()
    while watcher.attend():
        pass
    assert told.events == [("APPEND", "Lists"), ("FLAG", "T")]
    path.with_name(path.name + "T").unlink()
    watcher.round()
    put(maildir)
    watcher.round()
    assert len(watcher.state.flags()["Lists"]) == 1, "and is forgotten when it has gone"


def test_the_order_of_letters_says_nothing(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    path = put(maildir, "FS")
    watcher.round()
    maildir.flag(path, "SF")
    watcher.round()
    watcher.attend()
    assert told.events == [("APPEND", "Lists")]


def test_letters() -> None:
    assert (info("cur/1.x:2,FS"), info("new/1.x"), info("cur/1.x:2,")) == ("FS", "", "")
    assert changed("FS", "aT", "Sx") == "FTa"


def test_what_is_stuck_holds_up_no_other_event_of_the_message_and_ends(
    maildir: Maildir, told: Told, watcher: Watcher
) -> None:
    told.result, told.fails = Result("T"), {"flag"}
    path = put(maildir)
    watcher.round()
    watcher.attend()
    (stuck,) = watcher.state.events()
    told.result = Result()
    watcher.state.commit(events=[Event("2", "Lists", base(path.name), "FLAG", stuck.time, changed="S")])
    while watcher.attend():
        pass
    assert told.events == [("APPEND", "Lists"), ("FLAG", "S")]
    assert watcher.state.events() == [stuck]


def test_what_could_not_be_written_down_is_released(
    maildir: Maildir, told: Told, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script is run again, in this process or the next one, and must find no lock of its first run."""
    called: list[str] = []
    told.result = Result("F", "", lambda: called.append("settled"), lambda: called.append("released"))
    put(maildir)
    watcher.round()
    with monkeypatch.context() as full:
        full.setattr(watcher.state, "ran", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("disk full")))
        with pytest.raises(sqlite3.OperationalError):
            watcher.attend()
    assert (called, len(watcher.state.events())) == (["released"], 1)
    watcher.attend()
    assert (called, told.done, watcher.state.events()) == (["released", "settled"], ["+F-"], [])


def test_a_mistake_of_ours_ends_no_watcher(maildir: Maildir, told: Told, watcher: Watcher) -> None:
    put(maildir)
    told.fails = {"mistake"}
    watcher.round()
    assert not watcher.attend()
    assert told.said[0].endswith("ZeroDivisionError: ours")
    assert len(watcher.state.events()) == 1


def test_what_is_wanted_is_asked_again_when_it_may_have_changed(
    maildir: Maildir, told: Told, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.marked = 1
    watcher.round()
    told.wanted = {}
    put(maildir)
    watcher.round()
    assert len(watcher.state.events()) == 1
    told.marked = 2
    put(maildir)
    watcher.round()
    assert len(watcher.state.events()) == 1
