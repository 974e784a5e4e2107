"""The arguments move up."""

from __future__ import annotations

import pytest

from mdafilter.words.shift import Shift
from tests.support.scene import scene


@pytest.mark.parametrize(
    ("number", "first", "count"),
    [("1", "", "0"), ("5", "", "0"), ("1x", "", "0"), ("0", "a", "1"), ("-5", "a", "1"), ("", "a", "1")],
)
def test_it_is_shifted(number: str, first: str, count: str) -> None:
    """procmailrc(5): "Assigning a positive value to this variable has the same effect as the `shift' command"."""
    made = scene()
    made.variables.update({"$1": "a", "$#": "1"})
    Shift(number).assign(made)
    assert (made.variables["$1"], made.variables["$#"]) == (first, count)
    assert Shift(number).describe() == f'shift "{number}"'
