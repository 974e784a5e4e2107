"""Regular expressions that can need exponential time."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if header :regex "a" "^([a-z]+)*$" {}',
            [
                "2:22 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
            ],
        ),
        (
            'if header :regex "a" ["x", "^(a+)+$"] {}',
            [
                "2:28 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
            ],
        ),
        (
            'if body :regex "(.*,)+x" {}',
            [
                "2:16 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
            ],
        ),
        ('if header :regex "a" "^([a-z]+[.])*$" {}', []),
        ('if header :regex "a" "(a+)+" {}', []),
        (
            'if header :regex "a" "^(a|(b*c?)+)*$" {}',
            [
                "2:22 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
            ],
        ),
        (
            'if header :regex "a" "^(x.*)*$" {}',
            [
                "2:22 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
            ],
        ),
        ('if header :regex "a" "^([^,]*,)*$" {}', []),
        ('if header :regex "a" "^[a-z]+[0-9]*$" {}', []),
        (
            'if header :regex "a" "^(([a-z]+)*b)?c" {}',
            [
                "2:22 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
            ],
        ),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("exponential", REQUIRE + script) == said


def test_patterns_of_a_procmailrc() -> None:
    rules = ":0\n* ^Subject: (a+)+$\nbox\n"
    assert found("exponential", rules, "a.rc") == [
        "1:1 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
    ]


def test_patterns_of_a_table() -> None:
    rules = "/^(a+)+$/ OK\n/^a+$/ OK\n"
    assert found("exponential", rules, "body_checks") == [
        "1:1 this regular expression can need exponential time | a repetition within a repetition can divide a text in many ways: say what stands between two of them; after 1 s the rule is skipped"
    ]
