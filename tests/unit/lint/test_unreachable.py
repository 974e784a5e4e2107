"""Rules behind something that ends them."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "if true { stop; } keep; keep;",
            ["2:19 this is never reached | what stands before it ends the rules here: remove one of them"],
        ),
        (
            'if true {keep;} elsif exists "a" {keep;}',
            ["2:17 this is never reached | the condition of line 2 holds for every message"],
        ),
        ('if exists "a" {stop;} keep;', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("unreachable", REQUIRE + script) == said


def test_a_recipe_without_a_condition_takes_every_message() -> None:
    rules = ":0\nbox\n\n:0\n* x\nbox2\n"
    assert found("unreachable", rules, "a.rc") == [
        "4:1 only what the rule of line 1 could not deliver comes here | that rule has no condition, and takes every message: put it last"
    ]


def test_recipes_for_what_fails_are_reached() -> None:
    rules = "DEFAULT=x\n:0\nbox\n\n:0 e\nbox2\n"
    assert found("unreachable", rules, "a.rc") == []


def test_the_last_resorts_are_no_rule() -> None:
    rules = "DEFAULT=x\n:0\nbox\n"
    assert found("unreachable", rules, "a.rc") == []


def test_what_may_well_fail_has_a_rule_behind_it() -> None:
    assert found("unreachable", ":0 w\n| deliver\n\n:0\nbox\n", "a.rc") == []
    assert found("unreachable", ":0\n$HERE\n\n:0\nbox\n", "a.rc") == []
