"""An elsif that asks the same again."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if exists "a" {keep;} elsif exists ["a","b"] {discard;} elsif exists "c" {discard;}',
            [
                "2:29 this elsif is never reached | line 2 asks the same, or more, and comes first: put this one before it"
            ],
        ),
        (
            'if anyof (exists "a", exists "a") {keep;}',
            ["2:23 this test stands here twice | remove one, or mend what was copied"],
        ),
        (
            'if header ["a","b"] ["x","y"] {} elsif header "a" "y" {}',
            [
                "2:40 this elsif is never reached | line 2 asks the same, or more, and comes first: put this one before it"
            ],
        ),
        (
            "if size :over 1 {} elsif size :over 5 {}",
            [
                "2:26 this elsif is never reached | line 2 asks the same, or more, and comes first: put this one before it"
            ],
        ),
        ('if header :matches "a" "*${1}" {} elsif header :matches "a" "*${1}" {}', []),
        (
            'if anyof (exists "a", exists "b") {} elsif allof (exists "b", size :over 1) {}',
            [
                "2:44 this elsif is never reached | line 2 asks the same, or more, and comes first: put this one before it"
            ],
        ),
        (
            'if not exists ["a","b"] {} elsif not exists "a" {}',
            [
                "2:34 this elsif is never reached | line 2 asks the same, or more, and comes first: put this one before it"
            ],
        ),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("repeated", REQUIRE + script) == said
