"""The measure of growth finds what is quadratic, and nothing else."""

from __future__ import annotations

from tests.support.clock import linear

TEXT = "ab" * 10_000


def test_linear_work_passes() -> None:
    assert linear(lambda text: [text.count("b") for _ in range(1000)], TEXT)


def test_quadratic_work_is_found() -> None:
    assert not linear(lambda text: [text.count("b") for _ in text], TEXT)


def test_what_takes_no_time_passes() -> None:
    assert linear(len, TEXT)
