"""The evidence of counts."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.classify import SHOWN, evidence, opinion
from mdafilter.scorers.bayes.store import Totals

TOTALS = Totals(10, 10, 10, 10)
NUMBERS = st.integers(0, 1 << 40)


def test_the_sign_is_the_kind_and_what_says_nothing_is_nothing() -> None:
    assert evidence([], TOTALS) == evidence([(5, 5, 0)], TOTALS) == evidence([(0, 0, 0)], TOTALS) == 0
    assert evidence([(9, 1, 0)], TOTALS) > 0
    assert math.isclose(evidence([(9, 1, 0)], TOTALS), -evidence([(1, 9, 0)], TOTALS))
    assert evidence([(9, 0, 0)], TOTALS) > evidence([(1, 0, 0)], TOTALS)


def test_shares_count_and_not_numbers() -> None:
    assert math.isclose(evidence([(100, 1, 0)], Totals(1000, 10, 1000, 10)), 0, abs_tol=1e-9)


def test_the_heaviest_tokens_are_shown() -> None:
    names = [f"t{n}" for n in range(20)]
    found = opinion(names, range(20), {n: (n, 3, 0) for n in range(19)}, TOTALS)
    assert len(found.shown()) == SHOWN
    assert found.shown()[0] == "ham:t0"
    assert "t19" not in dict(found.weights)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS)), st.builds(Totals, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_any_counts_have_a_finite_evidence(rows: list[tuple[int, int, int]], totals: Totals) -> None:
    assert math.isfinite(evidence(rows, totals))
