"""What a lint gets, and gives."""

from __future__ import annotations

from mdafilter.lint.rules import Found
from mdafilter.lint.sight import Spot
from tests.support.lints import rules


def test_nothing_is_known_of_a_user_unless_somebody_says_it() -> None:
    found = rules("keep;")
    assert found.has_folder is None
    assert found.own == ()
    assert Found(Spot("f", 1, 1), "text", "hint").near == ""
