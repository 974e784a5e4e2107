"""Each message is learned once, and forgetting leaves the counts as they were."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes import teach
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import Lesson
from tests.support.bayesmail import ham, spam

MOST = 1 << 30


def state(store: Sqlite) -> object:
    return store.totals(), {number: row[:2] for number, row in store.scan()}, dict(store.scan_known())


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


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["spam", "ham", "forget"])), max_size=12))
def test_any_order_of_lessons_ends_where_their_last_verdicts_say(steps: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Sqlite(f"{folder}/db", 5, write=True)
        _follow(store, steps)
        store.close()


def _follow(store: Sqlite, steps: list[tuple[int, str]]) -> None:
    last: dict[int, str] = {}
    for which, what in steps:
        given_ = Lesson(which, (which, which + 1, 9))
        if what == "forget":
            assert (teach.forget(store, given_) == "known") == (which not in last)
            last.pop(which, None)
        else:
            found = teach.learn(store, given_, what == "spam", MOST)
            old = last.get(which)
            assert found == ("learned" if old is None else "known" if old == what else "changed")
            last[which] = what
    kinds = list(last.values())
    assert (store.totals().spam, store.totals().ham) == (kinds.count("spam"), kinds.count("ham"))
    if not last:
        assert dict(store.scan()) == {}
