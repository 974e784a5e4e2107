"""Keys that nothing matches."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if header "a" [" x", "y"] {}',
            [
                "2:16 no field can ever match this key | fields are compared without the blanks around them: take them away"
            ],
        ),
        ('if header :contains "a" "x\ny" {}', []),
        ('if address "from" "a@b.c " {}', ["2:19 no address can ever match this key | take the blanks around it away"]),
        (
            'if spamtest :value "ge" :comparator "i;ascii-numeric" "11" {}',
            ["2:55 no result is ever 11 | results are 0 to 10 (RFC 5235)"],
        ),
        (
            'if spamtest :percent :value "gt" :comparator "i;ascii-numeric" "100" {}',
            ["2:64 no result is ever 100 | results are 0 to 100 (RFC 5235)"],
        ),
        (
            'if virustest :value "eq" :comparator "i;ascii-numeric" "6" {}',
            ["2:56 no result is ever 6 | results are 0 to 5 (RFC 5235)"],
        ),
        (
            'set :lower "x" "A"; if string :comparator "i;octet" "${x}" "A" {}',
            ["2:60 this can never hold: the variable has no upper-case letters | write the key in lower case"],
        ),
        (
            'if header "a" "b " {}',
            [
                "2:15 no field can ever match this key | fields are compared without the blanks around them: take them away"
            ],
        ),
        ('if header :comparator "i;ascii-numeric" "a" " 5" {}', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("impossible", REQUIRE + script) == said
