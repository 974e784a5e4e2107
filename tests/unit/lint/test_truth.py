"""What is certain of conditions before there is a message."""

from __future__ import annotations

import pytest

from mdafilter.lint.truth import covers, steady, truth
from mdafilter.plan import Branch, If
from mdafilter.words.grep import Grep
from mdafilter.words.logic import AllOf, Always, AnyOf, Not
from tests.support.lints import REQUIRE, rules


def condition(text: str) -> object:
    step = rules(REQUIRE + f"if {text} {{ keep; }}").plan.steps[0]
    assert isinstance(step, If) and isinstance(step.branches[0], Branch)
    return step.branches[0].test


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ("true", True),
        ("not true", False),
        ('exists "a"', None),
        ('not exists "a"', None),
        ('allof (exists "a", false)', False),
        ('anyof (exists "a", true)', True),
        ("allof (true, true)", True),
        ("anyof (false, false)", False),
        ('allof (exists "a", allof (size :over 5, size :under 5))', False),
        ('string :contains "abc" "B"', True),
        ('string :matches "abc" "a*"', None),
        ('string :is "${x}" "a"', None),
    ],
)
def test_the_truth_of_a_condition(test: str, held: bool | None) -> None:
    assert truth(condition(test)) is held


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        ('header "a" "b"', 'header "A" "b"', True),
        ('header ["a", "c"] "b"', 'header "a" "b"', True),
        ('header "a" "b"', 'header ["a", "c"] "b"', False),
        ('header :contains "a" "b"', 'header "a" "abc"', True),
        ('header :contains "a" "B"', 'header :contains "a" "abc"', True),
        ('header "a" "b"', 'header :contains "a" "b"', False),
        ('header :comparator "i;octet" "a" "b"', 'header "a" "b"', False),
        ('address :domain "from" "b.c"', 'address :localpart "from" "b.c"', False),
        ('header :matches "a" ["x*", "y"]', 'header :matches "a" "y"', True),
        ("size :over 5", "size :over 6", True),
        ("size :under 5", "size :under 6", False),
        ("size :under 5", "size :over 6", False),
        ('exists "a"', 'exists ["b", "A"]', True),
        ('not exists ["a", "b"]', 'not exists "a"', True),
        ("true", 'exists "a"', True),
        ('anyof (exists "a", exists "b")', 'exists "b"', True),
        ('allof (exists "a", exists "b")', 'exists ["a", "b", "c"]', True),
        ('exists "a"', 'allof (size :over 1, exists "a")', True),
        ('exists "a"', 'anyof (exists ["a", "b"], exists "a")', True),
        ('exists "a"', 'anyof (exists "b", exists "a")', False),
    ],
)
def test_one_condition_holds_wherever_another_one_does(first: str, second: str, covered: bool) -> None:
    assert covers(condition(first), condition(second)) is covered


def test_what_answers_the_same_twice() -> None:
    assert steady(condition('anyof (exists "a", not header "a" "b")'))
    assert not steady(condition('header "a" "${x}"'))
    assert not steady(condition('header "${x}" "a"'))
    assert not steady(condition('not string "a" "b"'))
    assert not steady(AllOf((Always(True),) * 100))
    assert steady(Grep("header", "x"))
    assert not steady(Grep("$A", "x"))


def test_deep_conditions_are_compared_part_by_part_once() -> None:
    first: object = condition('exists "a"')
    second: object = condition('exists "b"')
    for _ in range(25):
        first, second = AnyOf((first,)), AllOf((second,))  # type: ignore[arg-type]
    assert not covers(first, second)
    assert not covers(Not(first), Not(second))  # type: ignore[arg-type]
