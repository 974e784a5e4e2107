"""What is counted, and on which day."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator

import pytest

from mdafilter.journal import Entry, Event, Filed
from mdafilter.reporting import Day, days
from mdafilter.reporting.days import Spam, Taught, begin, date_of, dates, taught
from mdafilter.train.ledger import Line

NOON = 1795348800.0  # 2026-11-22 12:00 UTC
DAY = 86400.0
NAME = "1795348800.M1P2Q3_0123abcd.host"


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Pacific/Auckland"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def entry(at: float, *folders: str, status: str = "delivered", id: str = "") -> Entry:
    acts = tuple(Filed("file" if f else "keep", f, name=f"{NAME},S=9") for f in folders)
    return Entry(at, status=status, message_id=id, acts=acts)


def is_spam(_user: str, to: str) -> bool:
    return to == "Trash"


def test_the_days_are_those_of_the_calendar() -> None:
    found = dates(NOON, 3)
    assert found[-1] == date_of(NOON)
    assert [begin(date) for date in found] == [begin(found[0]) + n * DAY for n in range(3)]
    assert all(date_of(begin(date)) == date and date_of(begin(date) - 1) != date for date in found)


def test_a_day_of_23_hours_is_a_day(zone: str) -> None:
    """2026-03-08 in New York."""
    found = dates(1773100800.0, 5)
    assert len(set(found)) == 5
    hours = [(begin(b) - begin(a)) / 3600 for a, b in itertools.pairwise(found)]
    assert (23.0 in hours) == (zone == "America/New_York")


def test_deliveries_and_which_of_them_are_spam() -> None:
    since = begin(dates(NOON, 1)[0])
    facts: list[Entry | Event] = [
        entry(NOON, "", id="<0@x>"),
        Event(NOON, "rules", "x"),
        entry(NOON, "Trash", id="<1@x>"),
        entry(NOON, "", "Trash", id="<2@x>"),
        entry(NOON, "Trash", status="deferred"),
        entry(NOON, "Trash", status="refused"),
        entry(NOON, "Lists"),
        entry(NOON).replace(acts=(Filed("file", "Trash", done=False), Filed("redirect", "Trash"))),
        entry(since - 1, "Trash"),
        entry(since),
        entry(since - 10_000),
        entry(NOON),  # behind one that is too old
    ]
    told = days.filed(facts, since, is_spam, lambda _entry: "ann")["ann"]
    today = date_of(NOON)
    assert told.delivered == {today: 6}
    assert told.spam == (
        Spam(today, "<1@x>", frozenset({NAME})),
        Spam(today, "<2@x>", frozenset({NAME})),
    )


def line(id: int, verdict: str, result: str, report: str = "r", hash: str = "h", **more: str) -> Line:
    made = Line(NOON, "ann", "sasl", verdict, more.pop("source", "alias"), hash, more.pop("name", "<1@x>"))
    return made.replace(result=result, report=report, id=id, **more)


def test_a_message_counts_once_for_all_teachers() -> None:
    told = taught(
        [line(1, "spam", "learned"), line(2, "spam", "known", teacher="bayes"), line(3, "spam", "refused", "s")]
    )
    assert told == Taught({date_of(NOON): 2}, {date_of(NOON): 1}, frozenset())


def test_archives_are_not_reported_but_say_what_is_ham() -> None:
    told = taught([line(1, "ham", "learned", source="archive")])
    assert told == Taught({}, {}, frozenset({"<1@x>"}))


def test_the_last_word_counts_in_whatever_order_it_is_told() -> None:
    lines = [line(1, "ham", "learned"), line(2, "spam", "changed"), line(3, "ham", "refused")]
    assert taught(lines).ham == taught(lines[::-1]).ham == frozenset()
    assert taught(lines[:1]).ham == {"<1@x>"}


def test_rescued_is_by_id_by_name_or_by_teaching() -> None:
    spam = tuple(Spam("d", f"<{n}@x>", frozenset({f"n{n}"})) for n in range(4))
    told = days.Filed({"d": 9, "other": 1}, (*spam, Spam("d", "", frozenset())))
    found = days.days(("c", "d"), told, Taught({}, {}, frozenset({"<0@x>"})), frozenset({"n1", "<2@x>"}))
    assert found == (Day("c"), Day("d", 9, 5, 3))


@pytest.mark.parametrize("seconds", [1e17, -1e17, 1e300, float("inf")])
def test_a_time_that_no_calendar_has(seconds: float) -> None:
    assert date_of(seconds) == ""
    told = days.filed([Entry(seconds, status="delivered")], -1e18, is_spam, lambda _entry: "ann")
    assert told in ({"ann": days.Filed({"": 1}, ())}, {})
    assert os.environ["TZ"]


def test_each_user_of_one_journal_has_his_own() -> None:
    facts = [entry(NOON, "Trash").replace(recipient=name) for name in ("ann", "bob", "ann", "eve")]
    told = days.filed(
        facts, days.begin(date_of(NOON)), is_spam, lambda one: None if one.recipient == "eve" else one.recipient
    )
    today = date_of(NOON)
    assert {name: (one.delivered, len(one.spam)) for name, one in told.items()} == {
        "ann": ({today: 2}, 2),
        "bob": ({today: 1}, 1),
    }
    both = days.more(told["ann"], told["bob"])
    assert (both.delivered, len(both.spam)) == ({today: 3}, 3)
