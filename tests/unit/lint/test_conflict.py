"""A refusal and a delivery (RFC 5429 section 2.5)."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'fileinto "a"; reject "b";',
            [
                "2:15 reject contradicts the fileinto of line 2 | refuse a message, or deliver it: where both are reached the script fails, and the message is kept"
            ],
        ),
        (
            'vacation "a"; if exists "x" { reject "b"; }',
            [
                "2:31 reject contradicts the vacation of line 2 | refuse a message, or deliver it: where both are reached the script fails, and the message is kept"
            ],
        ),
        (
            'reject "a"; reject "b";',
            [
                "2:13 reject contradicts the reject of line 2 | refuse a message, or deliver it: where both are reached the script fails, and the message is kept"
            ],
        ),
        ('if exists "a" { reject "a"; stop; } keep;', []),
        (
            'reject "a"; redirect "a@b.c";',
            [
                "2:13 redirect contradicts the reject of line 2 | refuse a message, or deliver it: where both are reached the script fails, and the message is kept"
            ],
        ),
        ('foreverypart { reject "a"; }', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("conflict", REQUIRE + script) == said
