"""Rules whose messages an earlier one takes."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if exists "a" {fileinto "A"; stop;} if exists "b" {} if exists ["a", "c"] {keep;}',
            [
                "2:57 this rule is never reached: line 2 takes its messages, and ends | put it before line 2, or take the stop away there"
            ],
        ),
        ('if exists "a" {fileinto "A";} if exists ["a", "c"] {keep;}', []),
        ('if size :over 1 {keep;} elsif exists "a" {stop;} if exists "a" {keep;}', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("hidden", REQUIRE + script) == said


def test_a_recipe_takes_what_another_one_asks_for() -> None:
    rules = ":0\n* ^Subject:.*x\nbox\n\n:0\n* ^Subject:.*x\n* y\nbox2\n"
    assert found("hidden", rules, "a.rc") == [
        "5:1 line 1 takes the messages of this rule: it gets only what fails there | put it before line 1"
    ]


def test_the_first_line_of_a_table_that_matches_decides() -> None:
    rules = "/a/ OK\n/b/ DISCARD\n/a/ DISCARD\nif /c/\n/d/ OK\nendif\n/d/ OK\n/b/i HOLD\n"
    assert found("hidden", rules, "header_checks") == [
        "3:1 this line is never reached | line 1 has the same pattern, and the first line that matches decides"
    ]
