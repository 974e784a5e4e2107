"""What the service tells of itself: counted, told in a bounded size, and read by another version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import VERSION, limits
from mdafilter.serve import status
from mdafilter.serve.pool import Pool, Size, Ticket
from mdafilter.serve.status import BUCKETS, DECLINED, Book

ALICE, BOB = 1001, 1002
PACKET = 64 * 1024  # what the metrics process reads at once


def book() -> Book:
    made = Book(since=1_800_000_000.0)
    for code, seconds in ((0, 0.004), (0, 0.004), (0, 0.3), (75, 700.0), (77, 0.004), (67, 0.004), (DECLINED, 0.001)):
        made.done(ALICE, code, seconds)
    return made


def pool() -> Pool:
    """alice has a busy worker, and one that is idle; bob waits for the only other one that there may be."""
    made = Pool(Size(workers=2, shares=1, at_once=2))
    made.arrive(Ticket(ALICE, None, 10.0))
    made.arrive(Ticket(ALICE, None, 11.0))
    made.idle(2, 12.0)
    return made


def test_the_figures_of_all() -> None:
    told = status.figures(book(), pool(), now=14.5, today=1_800_000_090.0)
    assert (told["version"], told["since"], told["uptime"]) == (VERSION, 1_800_000_000.0, 90.0)
    assert told["messages"] == {"delivered": 3, "deferred": 1, "refused": 2, "declined": 1}
    assert (told["workers"], told["busy"], told["longest"], told["most"]) == (2, 1, 4.5, 2)
    assert told["times"] == [1, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]


def test_an_unknown_status_is_try_again_as_it_is_to_a_client() -> None:
    made = Book(0.0)
    made.done(ALICE, 139, 0.1)
    assert made.outcomes() == {"delivered": 0, "deferred": 1, "refused": 0, "declined": 0}


def test_each_user_is_told_with_what_waits() -> None:
    team = pool()
    team.size = team.size.replace(workers=1)
    team.arrive(Ticket(ALICE, None, 12.0))
    team.arrive(Ticket(BOB, None, 13.0))
    told = status.read(status.snapshot(book(), team, 14.5, 1_800_000_001.0))
    assert told["users"] == [
        {"uid": ALICE, "workers": 2, "busy": 2, "longest": 4.5, "waiting": 0, "messages": 7},
        {"uid": BOB, "workers": 0, "busy": 0, "longest": 0.0, "waiting": 1, "messages": 0},
    ]


def test_the_size_is_bounded_however_many_users_there_are() -> None:
    many = Book(0.0)
    for uid in range(5000):
        many.done(4_000_000_000 + uid, 0, 0.1)
    many.done(4_000_004_999, 0, 0.1)
    text = status.snapshot(many, Pool(Size()), 1e9, 2e9)
    told = json.loads(text)
    assert (len(told["users"]), told["more_users"]) == (limits.STATUS_USERS, 5000 - limits.STATUS_USERS)
    assert told["users"][0]["uid"] == 4_000_004_999, "those who keep it busiest"
    assert len(text) < PACKET
    assert len(json.dumps(status.figures(many, Pool(Size()), 1e9, 2e9))) < PACKET // 16


def test_a_clock_that_was_set_back_makes_no_negative_age() -> None:
    assert status.figures(Book(100.0), Pool(Size()), 1.0, 50.0)["uptime"] == 0.0


@pytest.mark.parametrize("text", ["", "[]", "null", "{", b"\xff", "[" * 100_000])
def test_what_is_no_object_has_no_figures(text: str | bytes) -> None:
    assert status.read(text) == {}


def test_what_another_version_does_not_tell_is_not_known() -> None:
    told: dict[str, object] = {"busy": "many", "died": True, "messages": {"delivered": 3, "lost?": None}, "times": [1]}
    assert [status.number(told, name) for name in ("busy", "died", "hired")] == [None, None, None]
    assert status.outcomes(told) == {"delivered": 3}
    assert status.times(told) == []


def test_quantiles_are_estimated_within_their_bucket() -> None:
    rows = [(0.1, 0.0), (0.2, 10.0), (0.4, 20.0), (float("inf"), 20.0)]
    assert status.quantile(rows, 0.25) == pytest.approx(0.15)
    assert status.quantile(rows, 0.5) == pytest.approx(0.2)
    assert status.quantile(rows, 0.75) == pytest.approx(0.3)


def test_a_quantile_past_the_last_bound_is_that_bound_and_of_nothing_there_is_none() -> None:
    assert status.quantile([(0.1, 1.0), (float("inf"), 100.0)], 0.5) == 0.1
    assert status.quantile([(0.1, 0.0), (float("inf"), 0.0)], 0.5) is None
    assert status.quantile([], 0.5) is None


@given(st.lists(st.floats(0, 1000), max_size=50), st.floats(0.01, 0.99))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(seconds: list[float], share: float) -> None:
    made = Book(0.0)
    for taken in seconds:
        made.done(ALICE, 0, taken)
    rows = status.times({"buckets": list(BUCKETS), "times": made.times})
    found = status.quantile(rows, share)
    if not seconds:
        assert found is None
        return
    true = sorted(seconds)[max(0, -int(-share * len(seconds) // 1) - 1)]
    assert found is not None
    index = next((i for i, bound in enumerate(BUCKETS) if true <= bound), len(BUCKETS))
    low, high = (0.0, *BUCKETS)[index], (*BUCKETS, BUCKETS[-1])[index]
    assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
NAMES = "version pid since uptime messages buckets times seconds workers busy longest most users more_users".split()
TOLD: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.sampled_from(NAMES), JSON)


@given(TOLD)
def test_any_object_is_read(told: dict[str, Any]) -> None:
    rows = status.times(told)
    assert [bound for bound, _ in rows] == sorted({bound for bound, _ in rows})
    half = status.quantile(rows, 0.5)
    assert half is None or 0 <= half <= rows[-1][0]
    assert all(isinstance(count, int | float) for count in status.outcomes(told).values())
