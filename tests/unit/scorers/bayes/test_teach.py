"""Each message is learned once, and forgetting leaves the counts as they were."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given

from mdafilter.scorers.bayes import teach
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import Lesson
from tests.support.bayesmail import ham, spam
from tests.support.lessons import MOST, STEPS, agrees, follow


def state(store: Sqlite) -> object:
    return store.totals(), {number: (row[:2], row[3]) for number, row in store.scan()}, dict(store.scan_known())


def test_forgetting_leaves_the_counts_as_they_were(tmp_path: Path) -> None:
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    for number in range(30):
        teach.learn(store, teach.lesson(spam(number)), True, MOST)
        teach.learn(store, teach.lesson(ham(number)), False, MOST)
    before = state(store)
    for raw, kind in ((spam(77), True), (spam(78), False), (ham(77), False), (ham(78), True)):
        assert teach.learn(store, teach.lesson(raw), kind, MOST) == "learned"
        assert teach.learn(store, teach.lesson(raw), not kind, MOST) == "changed"
        assert teach.forget(store, teach.lesson(raw)) == "forgotten"
        assert state(store) == before
    store.close()


@given(STEPS)
def test_any_order_of_lessons_ends_where_their_last_verdicts_say(steps: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Sqlite(f"{folder}/db", 5, write=True)
        follow(store, steps)
        store.close()


def test_weights_move_and_are_taken_back(tmp_path: Path) -> None:
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    given = {which: teach.lesson(spam(which) if which % 2 else ham(which)) for which in range(20)}
    for which, one in given.items():
        teach.learn(store, one, which % 2 == 1, MOST)
    agrees(store, {one.identity: one for one in given.values()})
    assert min(store.totals().stepped_spam, store.totals().stepped_ham) > 0
    for which in sorted(given, key=lambda one: one * 7 % 20):
        teach.forget(store, given[which])
    assert dict(store.scan()) == {}
    store.close()


def test_a_token_that_expired_is_not_taken_back(tmp_path: Path) -> None:
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    given = [Lesson(number, (number, 7, 100 + number)) for number in range(4)]
    for number, one in enumerate(given):
        teach.learn(store, one, number % 2 == 1, MOST, now=number * teach.DAY)
    assert store.trim("token", 1) == 8
    for one in given:
        assert teach.forget(store, one) == "forgotten"
    assert dict(store.scan()) == {} and not store.totals().some()
    store.close()
