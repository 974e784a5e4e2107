"""An address where a part of one is compared."""

from __future__ import annotations

import pytest

from tests.support.lints import REQUIRE, found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            'if address :domain "from" ["a@b.c", "b.c"] {}',
            ['2:28 this compares the domain alone, which has no @ | compare it with "b.c", or use :all'],
        ),
        (
            'if address :localpart "from" "ann@" {}',
            ['2:30 this compares the local part alone, which has no @ | compare it with "ann", or use :all'],
        ),
        (
            'if envelope "from" "b.c" {}',
            ['2:20 this compares whole addresses, which have an @ | use :domain :is ... "b.c", or :contains'],
        ),
        (
            'if address "from" "*@b.c" {}',
            ['2:19 :is takes the * as it stands | use :domain :is ... "b.c", or :matches'],
        ),
        (
            'if address :domain :contains "from" "@b.c" {}',
            ['2:37 this compares the domain alone, which has no @ | compare it with "b.c", or use :all'],
        ),
        (
            'require "subaddress"; if address :user "from" "ann@" {}',
            ['2:47 this compares the user part alone, which has no @ | compare it with "ann", or use :all'],
        ),
        ('if address "from" "MAILER-DAEMON" {}', []),
        (
            'if address :localpart "from" "@" {}',
            [
                "2:30 this compares the local part alone, which has no @ | leave :localpart away, or take the @ away, or use :all"
            ],
        ),
    ],
)
def test_what_is_said_of_a_script(script: str, said: list[str]) -> None:
    assert found("addresspart", REQUIRE + script) == said
