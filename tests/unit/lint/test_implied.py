"""A require of what needs none."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'require ["comparator-i;octet"]; keep;',
            [
                '2:10 "comparator-i;octet" needs no require | remove it: every script may use it (RFC 5228 section 2.7.3)'
            ],
        ),
        ('require ["vacation-seconds"]; keep;', ['1:45 "vacation-seconds" brings "vacation" | remove it']),
        ('require ["fileinto"]; keep;', ['2:10 "fileinto" is required already | remove it']),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("implied", REQUIRE + script) == said
