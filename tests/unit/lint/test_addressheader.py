"""An address compared with a whole field."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if header "from" ["x", "a@b.c"] {}',
            [
                '2:24 this compares the whole field, in which a name may stand beside the address | use: address :is "from" "a@b.c"'
            ],
        ),
        ('if header :contains "from" "a@b.c" {}', []),
        ('if header "return-path" "a@b.c" {}', []),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("addressheader", REQUIRE + script) == said
