"""`* NAME ?? expression`."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleFailed
from mdafilter.texts import Template, Var
from mdafilter.words.value import ValueMatches
from tests.support.scene import scene


@pytest.mark.parametrize(
    ("pattern", "case", "held"), [("^b", True, True), ("^B", True, True), ("^B", False, False), ("x", True, False)]
)
def test_the_value_is_searched(pattern: str, case: bool, held: bool) -> None:
    made = scene()
    made.set("A", "bcd")
    assert ValueMatches("A", pattern, case).ask(made).held is held


def test_a_variable_that_is_not_set_is_empty() -> None:
    assert ValueMatches("NONE", "^^^^").ask(scene()).held


def test_match() -> None:
    made = scene()
    made.set("A", "list-dev@example.org")
    assert ValueMatches("A", "list-\\/[a-z]+").ask(made).held
    assert made.value("MATCH") == "dev"


def test_an_expression_with_variables() -> None:
    made = scene()
    made.set("A", "bcd")
    made.set("B", "c")
    assert ValueMatches("A", Template(("^b", Var("B")))).ask(made).held
    made.set("B", "(")
    with pytest.raises(RuleFailed, match="a \\( without a \\)"):
        ValueMatches("A", Template(("^b", Var("B")))).ask(made)
