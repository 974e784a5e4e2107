"""Conditions that always or never hold."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "if false { keep; }",
            ["2:4 this condition can never hold | its block is never reached: mend the test, or remove the rule"],
        ),
        (
            "if not anyof (true, false) { keep; }",
            ["2:4 this condition can never hold | its block is never reached: mend the test, or remove the rule"],
        ),
        (
            "if allof (size :over 10, size :under 11) { keep; }",
            [
                "2:4 this condition can never hold | two of its tests exclude each other, or one never holds: its block is never reached"
            ],
        ),
        ("if allof (size :over 10, size :under 12) { keep; }", []),
        (
            "if anyof (size :over 9, size :under 11) { keep; }",
            ["2:4 this condition always holds | one of its tests holds for every message"],
        ),
        (
            "if size :under 0 { keep; }",
            ["2:4 this condition can never hold | its block is never reached: mend the test, or remove the rule"],
        ),
        (
            'if anyof (header "a" "b", not header "a" "b") {keep;}',
            ["2:4 this condition always holds | one of its tests holds for every message"],
        ),
        (
            'if allof (header "a" "b", not header :contains "a" "b") {keep;}',
            [
                "2:4 this condition can never hold | two of its tests exclude each other, or one never holds: its block is never reached"
            ],
        ),
        (
            'if string "a" "b" {keep;}',
            ["2:4 this condition can never hold | its block is never reached: mend the test, or remove the rule"],
        ),
        ('if string "a${1}" "b" {keep;}', []),
        (
            'if header :count "ge" :comparator "i;ascii-numeric" "to" "0" {keep;}',
            [
                "2:4 this condition always holds | what stands in its block needs no if, and no elsif or else behind it is reached"
            ],
        ),
        (
            'if allof (exists "a", false) {keep;}',
            [
                "2:4 this condition can never hold | two of its tests exclude each other, or one never holds: its block is never reached"
            ],
        ),
        (
            'if string :contains "abc" "B" {keep;} elsif string :matches "a" "*" {keep;}',
            [
                "2:4 this condition always holds | what stands in its block needs no if, and no elsif or else behind it is reached"
            ],
        ),
        (
            "if true { keep; }",
            [
                "2:4 this condition always holds | what stands in its block needs no if, and no elsif or else behind it is reached"
            ],
        ),
        ('if exists "a" { keep; }', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("constant", REQUIRE + script) == said


def test_a_sign_that_is_taken_for_a_size() -> None:
    hint = "a < or > begins a size in octets: write \\< for the sign itself"
    assert found("constant", ":0\n* A ?? <[^>]+>\nbox\n", "a.rc") == [f"1:1 this condition can never hold | {hint}"]
    assert found("constant", ":0\n* A ?? \\<[^>]+>\nbox\n", "a.rc") == []


def test_a_recipe_without_conditions_is_no_mistake() -> None:
    rules = ":0\nbox\n"
    assert found("constant", rules, "a.rc") == []
