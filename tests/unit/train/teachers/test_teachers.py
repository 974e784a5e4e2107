"""The table of teachers, and the values they speak in."""

from __future__ import annotations

import importlib

from mdafilter import teaching
from mdafilter.train import RESULTS
from mdafilter.train.teachers import TEACHERS, Counts, Taught


def test_every_teacher_has_its_file() -> None:
    assert set(TEACHERS) == set(teaching.TEACHERS) - {"auto"}
    for module in TEACHERS.values():
        importlib.import_module(f"mdafilter.train.teachers.{module}")


def test_counts_are_never_below_nothing() -> None:
    assert Counts(1, 2).plus(1, -1) == Counts(2, 1)
    assert Counts(0, 0).plus(-1, -1) == Counts(0, 0)


def test_what_is_not_told_is_not_known() -> None:
    assert Taught("learned") == Taught("learned", "", None, None)
    assert "learned" in RESULTS
