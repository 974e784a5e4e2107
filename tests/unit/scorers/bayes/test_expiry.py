"""What goes when there are too many counts, and that there is room then."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.scorers.bayes import expiry, teach
from mdafilter.scorers.bayes.expiry import expire
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import Change, Known, Lesson, Totals, Whole


def filled(store: Sqlite, many: int) -> dict[int, tuple[int, int, int, int]]:
    """So many tokens, learned one after the other as they come."""
    chance = random.Random(1)
    rows = {chance.getrandbits(32): (1 + n % 2, 0, 20_000 + n % 7, n % 5 - 2) for n in range(many)}
    ids = list(rows)
    for at in range(0, many, 1000):
        some = {number: rows[number] for number in ids[at : at + 1000]}
        store.change(lambda seen, some=some: Change(some, Totals(2, 2, 2, 2), 1, Known(True, True, 20_000)))  # type: ignore[misc]
    return rows


def test_the_rare_and_the_old_go_first(tmp_path: Path) -> None:
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    rows = filled(store, 20_000)
    assert expire(store, store.size()).tokens == 0
    told = expire(store, store.size() * 9 // 10, dry=True)
    assert dict(store.scan()) == rows
    gone = expire(store, store.size() * 9 // 10)
    left = dict(store.scan())
    assert gone.tokens == told.tokens == len(rows) - len(left) > 0
    assert left.items() <= rows.items()
    assert all(rows[n][0] == 1 for n in rows.keys() - left.keys())
    assert max(rows[n][2] for n in rows.keys() - left.keys()) <= min(r[2] for r in left.values() if r[0] == 1)
    store.close()


def test_there_is_room_then(tmp_path: Path) -> None:
    """Rows that go are spread over all pages: were these only emptied, none would be free, and more would go."""
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    filled(store, 50_000)
    most = store.size() - 1
    gone = expire(store, most)
    assert gone.tokens == pytest.approx(50_000 * (1 - expiry.KEPT), abs=2)
    assert gone.after == store.size() < most * 0.8
    assert expire(store, most).tokens == 0
    store.close()


def test_messages_that_are_remembered_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BAYES_KNOWN", 100)
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    for number in range(300):
        lesson = Lesson(number, (number, 7))
        assert teach.learn(store, lesson, True, 1 << 30, now=number * teach.DAY) == "learned"
        assert store.many("known") <= 100 + teach.LOOKS
    known = dict(store.scan_known())
    assert set(known) == set(range(300 - len(known), 300))
    assert store.trim("known", 0) == len(known) and store.trim("known", 0) == 0
    assert store.totals().spam == 300
    # One that went is a message that was never taught.
    assert teach.forget(store, Lesson(0, (0, 7))) == "known"
    assert teach.learn(store, Lesson(0, (0, 7)), False, 1 << 30) == "learned"
    assert store.totals().ham == 1
    store.close()


def test_in_small_counts_they_are_a_quarter(tmp_path: Path) -> None:
    most = limits.BAYES_LEAST_OCTETS
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    known = {number << 40: Known(True, False, number % 90) for number in range(most // 100)}
    store.replace(Whole(Totals(1, 1, 1, 1), {}, known), over=False)
    gone = expire(store, most)
    assert gone.tokens == 0 and gone.known == len(known) - int(most // limits.BAYES_KNOWN_OCTETS * expiry.KEPT)
    assert store.size() < most // 4
    days = [one.day for one in dict(store.scan_known()).values()]
    assert min(days) > 0 and max(days) == 89
    store.close()
