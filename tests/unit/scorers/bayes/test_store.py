"""The numbers of tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.store import numbers


def test_they_are_the_same_in_each_process() -> None:
    assert numbers(["free", "subject:free"]) == [0x4D2EC1C8, numbers(["subject:free"])[0]]


@given(st.text())
def test_any_text_has_one(text: str) -> None:
    assert 0 <= numbers([text])[0] < 1 << 32


def test_half_a_character_has_one() -> None:
    assert numbers(["\ud800"])
