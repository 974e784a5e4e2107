"""The evidence of counts."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.classify import DOUBT, SHOWN, evidence, opinion
from mdafilter.scorers.bayes.store import Totals

TOTALS = Totals(10, 10, 10, 10)
NUMBERS = st.integers(0, 1 << 40)
WEIGHTS = st.integers(-(1 << 50), 1 << 50)
TRAINED = TOTALS.replace(stepped_spam=9, stepped_ham=9)


def test_the_sign_is_the_kind_and_what_says_nothing_is_nothing() -> None:
    assert evidence([], TOTALS) == evidence([(5, 5, 0, 0)], TOTALS) == evidence([(0, 0, 0, 0)], TOTALS) == 0
    assert evidence([(9, 1, 0, 0)], TOTALS) > 0
    assert math.isclose(evidence([(9, 1, 0, 0)], TOTALS), -evidence([(1, 9, 0, 0)], TOTALS))
    assert evidence([(9, 0, 0, 0)], TOTALS) > evidence([(1, 0, 0, 0)], TOTALS)


def test_short_odds_are_chance() -> None:
    assert evidence([(3, 1, 0, 0)] * 100, TOTALS) == 0
    assert evidence([(9, 1, 0, 0)] + [(3, 1, 0, 0)] * 100, TOTALS) == evidence([(9, 1, 0, 0)], TOTALS)


def test_it_is_the_difference_of_two_normal_deviates_of_fisher() -> None:
    """Wilson and Hilferty: cbrt(chi2 / n) has mean 1 - 2/(9n) and variance 2/(9n)."""
    rows, shares = (
        [(9, 1, 0, 0), (10, 1, 0, 0), (1, 9, 0, 0)],
        [(0.05 + 9) / 10.1, (0.05 + 10) / 11.1, (0.05 + 1) / 10.1],
    )

    def deviate(logarithms: list[float]) -> float:
        freedom = 2 * len(logarithms)
        return (math.cbrt(-2 * sum(logarithms) / freedom) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))

    wanted = deviate([math.log(1 - share) for share in shares]) - deviate([math.log(share) for share in shares])
    assert math.isclose(evidence(rows, TOTALS), wanted)


def test_few_lessons_make_weak_evidence_of_spam_and_no_weaker_of_ham() -> None:
    def said(row: tuple[int, int, int, int], few: int) -> float:
        return opinion(["t"], [1], {1: row}, TOTALS.replace(spam=few, ham=1000)).evidence

    assert said((9, 0, 0, 0), DOUBT) == evidence([(9, 0, 0, 0)], TOTALS) / 2
    assert said((0, 9, 0, 0), DOUBT) == evidence([(0, 9, 0, 0)], TOTALS)
    assert (
        0 == said((9, 0, 0, 0), 0) < said((9, 0, 0, 0), 50) < said((9, 0, 0, 0), 500) < evidence([(9, 0, 0, 0)], TOTALS)
    )


def test_shares_count_and_not_numbers() -> None:
    assert math.isclose(evidence([(100, 1, 0, 0)], Totals(1000, 10, 1000, 10)), 0, abs_tol=1e-9)


def test_the_heaviest_tokens_are_shown() -> None:
    names = [f"t{n}" for n in range(20)]
    found = opinion(names, range(20), {n: (9 * n, 3, 0, 0) for n in range(19)}, TOTALS)
    assert len(found.shown()) == SHOWN
    assert found.shown()[0] == "ham:t0"
    assert "t19" not in dict(found.parts)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, WEIGHTS)), st.builds(Totals, *[NUMBERS] * 6))
def test_any_counts_have_a_finite_evidence(rows: list[tuple[int, int, int, int]], totals: Totals) -> None:
    assert math.isfinite(evidence(rows, totals))
    ids = range(len(rows))
    found = opinion([f"t{n}" for n in ids], ids, dict(enumerate(rows)), totals)
    assert all(math.isfinite(number) for number in (found.evidence, *dict(found.parts).values()))


def said(rows: list[tuple[int, int, int, int]], unknown: int = 0, totals: Totals = TRAINED) -> float:
    ids = range(len(rows) + unknown)
    return opinion([f"t{n}" for n in ids], ids, dict(enumerate(rows)), totals).evidence


def test_weights_are_heard_beside_counts_as_far_as_they_are_trusted() -> None:
    heavy, light = [(0, 9, 0, -4096)] * 9, [(0, 9, 0, 0)] * 9
    assert said(heavy) < said(light) < 0
    assert said(heavy, totals=TOTALS) == said(light, totals=TOTALS) == evidence(light, TOTALS)


def test_random_words_do_no_more_than_silence_the_weights() -> None:
    counts = evidence([(0, 9, 0, 0)] * 9, TOTALS)
    for weight in (-8000, 8000):
        rows = [(0, 9, 0, weight)] * 9
        both = [said(rows, unknown) for unknown in (0, 10, 100, 10_000_000)]
        assert both in (sorted(both), sorted(both, reverse=True))
        assert math.isclose(both[-1], counts, rel_tol=0.01)


def test_tokens_are_shown_by_what_they_add() -> None:
    """Short odds are not counted; a weight that was trained is heard all the same."""
    rows = {0: (3, 1, 0, 8000), 1: (3, 1, 0, 0), 2: (9, 0, 0, 0), 3: (9, 0, 0, -8000), 4: (5, 5, 0, -900)}
    found = opinion(["long", "none", "odds", "both", "little"], range(5), rows, TRAINED)
    assert found.shown() == ("spam:odds", "spam:both", "spam:long", "ham:little")
    untrained = opinion(["long", "none", "odds", "both", "little"], range(5), rows, TOTALS)
    assert untrained.shown() == ("spam:both", "spam:odds")
