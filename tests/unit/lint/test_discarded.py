""" "discard" ends nothing (RFC 5228 section 4.4)."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "discard; keep;",
            [
                "2:10 the discard of line 2 does not end the rules: this delivers the message | discard only cancels the implicit keep: write stop; behind it, or remove it (RFC 5228 section 4.4)"
            ],
        ),
        ('if exists "a" {discard;} keep;', []),
        ("discard; stop;", []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("discarded", REQUIRE + script) == said
