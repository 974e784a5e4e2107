"""Lessons in any order, and what must hold for counts wherever they are."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st

from mdafilter.scorers.bayes import teach
from mdafilter.scorers.bayes.store import Counts, Lesson

MOST = 1 << 30
STEPS = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["spam", "ham", "forget"])), max_size=24)


def follow(store: Counts, steps: list[tuple[int, str]], given: dict[int, Lesson] | None = None) -> None:
    """Does them. What is there then is what the last verdicts say, and when all is forgotten, it is nothing."""
    given = given or {which: Lesson(which, (which, which + 1, 9)) for which in range(8)}
    last: dict[int, str] = {}
    for which, what in steps:
        if what == "forget":
            assert (teach.forget(store, given[which]) == "known") == (which not in last)
            last.pop(which, None)
        else:
            found = teach.learn(store, given[which], what == "spam", MOST)
            old = last.get(which)
            assert found == ("learned" if old is None else "known" if old == what else "changed")
            last[which] = what
        agrees(store, given)
    assert (store.totals().spam, store.totals().ham) == tuple(list(last.values()).count(w) for w in ("spam", "ham"))
    for which in sorted(last, key=lambda one: one * 5 % 8):
        assert teach.forget(store, given[which]) == "forgotten"
    assert (dict(store.scan()), dict(store.scan_known()), store.totals().some()) == ({}, {}, False)


def agrees(store: Counts, given: dict[int, Lesson]) -> None:
    """Each row is the sum of the messages that are known: counts, and steps."""
    known = dict(store.scan_known())
    wanted: dict[int, list[int]] = {}
    for which, one in known.items():
        for number in given[which].ids if one.counted else ():
            row = wanted.setdefault(number, [0, 0, 0])
            row[0] += one.spam
            row[1] += not one.spam
            row[2] += one.step
    assert {n: (spam, ham, weight) for n, (spam, ham, _, weight) in store.scan()} == {
        n: tuple(row) for n, row in wanted.items()
    }
    totals = store.totals()
    many = Counter((one.spam, one.counted, bool(one.step)) for one in known.values())
    assert totals.stepped_spam == many[True, True, True] and totals.stepped_ham == many[False, True, True]
    assert totals.counted_spam == many[True, True, True] + many[True, True, False]
    assert all(one.counted and (one.step > 0) == one.spam for one in known.values() if one.step)
