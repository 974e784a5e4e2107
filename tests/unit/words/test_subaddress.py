"""`:user` and `:detail` in scripts."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from tests.support.script import compiled, decide

HEAD = 'require ["envelope", "subaddress"];\n'
MESSAGE = b"To: ken+mta-filters@example.com, ann@example.com, bob+@example.com\n\n"


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('address :detail "to" "mta-filters"', True),
        ('address :user "to" "ken"', True),
        ('address :user "to" "ann"', True),
        ('address :detail "to" ""', True),
        ('address :detail :contains "to" "ann"', False),
        ('envelope :user "to" "r"', True),
        ('envelope :detail :contains "to" ""', False),
        ('envelope :detail "from" ""', False),
    ],
)
def test_the_parts(test: str, held: bool) -> None:
    """RFC 5233, 4: "If the address is not encoded to contain a detail sub-part, then the address fails to match any of
    the specified keys."."""
    decision = decide(f"{HEAD}if {test} {{ discard; }}", MESSAGE)
    assert (decision.decided[0].at is not None) is held


def test_they_need_their_extension() -> None:
    with pytest.raises(RuleErrors, match="subaddress"):
        compiled('if address :user "to" "ken" { stop; }')
