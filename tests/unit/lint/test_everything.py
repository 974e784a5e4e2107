"""Keys that everything matches."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if header :contains "a" "" {}',
            ['2:25 every value matches this key | to ask for the field itself, write: exists "a"'],
        ),
        (
            'if header :matches "a" "*" {}',
            ['2:24 every value matches this key | to ask for the field itself, write: exists "a"'],
        ),
        ('if header :matches "a" "*" {fileinto "${1}";}', []),
        (
            'if body :contains "" {}',
            ['2:19 every value matches this key | what is not empty is asked for with :matches "?*"'],
        ),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("everything", REQUIRE + script) == said
