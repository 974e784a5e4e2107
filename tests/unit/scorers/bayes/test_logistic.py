"""Weights that are trained: which messages move them, by how much, and that they are bounded."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.logistic import (
    BEFORE,
    DOUBT,
    LONGEST,
    MOST,
    NEAR,
    RATE,
    UNIT,
    before,
    cut,
    odds,
    step,
    trust,
)
from mdafilter.scorers.bayes.store import Totals

TOTALS = Totals(10, 10, 10, 10)
WEIGHT = st.integers(-(1 << 50), 1 << 50)


def rows(weight: int, many: int) -> list[tuple[int, int, int, int]]:
    return [(1, 1, 0, weight)] * many


def test_a_message_is_a_vector_of_length_1() -> None:
    assert odds([], 0) == odds([], 7) == 0
    assert odds(rows(UNIT, 100), 100) == 10
    assert odds(rows(UNIT, 25), 100) == 2.5


def test_the_step_is_the_gradient_and_its_sign_the_kind() -> None:
    """Of the logarithm of the probability of the right kind: (1 - p) x."""
    assert step([], 64, True, TOTALS) == -step([], 64, False, TOTALS) == round(UNIT * RATE * 0.5 / 8)
    sure = rows(-MOST, 100)
    assert step(sure, 100, True, TOTALS) == LONGEST // 10
    assert step(sure, 100, False, TOTALS) == 0


def test_from_near_on_nothing_moves() -> None:
    edge = UNIT * math.log(NEAR / (1 - NEAR))
    assert step(rows(int(edge) + 1, 1), 1, True, TOTALS) == 0
    assert step(rows(int(edge) - 1, 1), 1, True, TOTALS) > 0


def test_of_one_kind_alone_nothing_is_learned() -> None:
    assert step([], 64, True, TOTALS.replace(counted_ham=0)) == step([], 64, False, TOTALS.replace(counted_spam=0)) == 0
    assert trust(TOTALS.replace(stepped_spam=1000)) == 0
    assert trust(TOTALS.replace(stepped_spam=1000, stepped_ham=DOUBT)) == 0.5


def test_what_was_learned_more_of_is_not_likelier_for_it() -> None:
    assert before(TOTALS) == 0
    assert before(Totals(99, 9)) == BEFORE * math.log(10)
    assert math.isclose(before(Totals(9, 99)), -before(Totals(99, 9)))


def test_a_flood_of_one_sort_soon_moves_nothing() -> None:
    weight, moved = 0, 0
    for _ in range(1000):
        by = step(rows(weight, 400), 400, True, TOTALS)
        weight, moved = weight + by, moved + (by != 0)
    assert moved < 5 and abs(weight) < MOST


@given(st.lists(st.tuples(st.just(1), st.just(1), st.just(0), WEIGHT)), st.booleans())
def test_any_weights_are_bounded(some: list[tuple[int, int, int, int]], spam: bool) -> None:
    many = len(some)
    assert abs(odds(some, many)) <= math.sqrt(many) * MOST / UNIT * 1.000001
    assert 0 <= step(some, many, spam, TOTALS) * (1 if spam else -1) <= LONGEST
    assert all(abs(cut(row[3])) <= MOST for row in some)
