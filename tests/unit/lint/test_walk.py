"""The ways through a plan."""

from __future__ import annotations

import pytest

from mdafilter.lint.walk import blocks, ends, place, values
from mdafilter.plan import Do, If
from mdafilter.texts import Where
from mdafilter.words.keep import KeepIt
from tests.support.lints import REQUIRE, rules


def test_each_value_has_the_place_of_its_rule() -> None:
    plan = rules("if true {\n keep;\n}\nkeep;").plan
    assert [at for value, at in values(plan) if isinstance(value, KeepIt)] == [
        Where("t.sieve", 2, 2),
        Where("t.sieve", 4, 1),
    ]


def test_all_blocks() -> None:
    plan = rules(REQUIRE + "foreverypart { keep; } if true { keep; } else { discard; stop; }").plan
    assert sorted(map(len, blocks(plan))) == [1, 1, 2, 2]
    first, second = plan.steps
    assert (place(first).column, place(second).column) == (1, 24)


@pytest.mark.parametrize(
    ("script", "ended"),
    [
        ("stop;", True),
        ("keep;", False),
        ("if true { stop; }", True),
        ('if exists "a" { stop; }', False),
        ('if exists "a" { stop; } else { keep; stop; }', True),
        ('if exists "a" { keep; } else { stop; }', False),
        ('if exists "a" { stop; } elsif true { stop; } else { keep; }', True),
        ("if false { keep; } else { stop; }", True),
    ],
)
def test_whether_a_block_ends_the_rules(script: str, ended: bool) -> None:
    assert ends(rules(script).plan.steps) is ended


def test_a_delivery_that_may_fail_ends_nothing_for_certain() -> None:
    (_preset, recipe) = rules(":0\nbox\n", "a.rc").plan.steps
    assert isinstance(recipe, If)
    assert ends((recipe,))
    assert not ends((recipe,), failing=True)
    assert isinstance(rules("keep;").plan.steps[0], Do)
