"""address-part: an address where a part of one is compared, and the other way round.

address :domain :is "from" "ann@example.org"       a domain has no @; nor has a local part
address :is "from" "example.org"                   :all compares the whole address
address :is "from" "*@example.org"                 :is knows no wildcards
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.words.address import AddressTest
from mdafilter.words.envelope import EnvelopeTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

PARTS = {":localpart": "local part", ":user": "user part", ":detail": "detail", ":domain": "domain"}
KINDS = ("is", "contains", "matches")


def find(rules: Rules) -> Iterator[Found]:
    """Looks at the constant keys of each test of addresses."""
    for value, at in values(rules.plan):
        if not isinstance(value, AddressTest | EnvelopeTest) or value.match.kind not in KINDS:
            continue
        for key in value.match.keys:
            if isinstance(key, str) and (said := _wrong(value.part, value.match.kind, key)):
                yield Found(rules.sight.argument(value, at, 1, key), *said)


def _wrong(part: str, kind: str, key: str) -> tuple[str, str] | None:
    """What is wrong with a key, and what is right."""
    local, sign, domain = key.rpartition("@")
    if part in PARTS:
        if not sign or '"' in key:
            return None
        right = domain if part == ":domain" else local
        hint = f'compare it with "{right}"' if right.strip("*") else f"leave {part} away, or take the @ away"
        return f"this compares the {PARTS[part]} alone, which has no @", f"{hint}, or use :all"
    if kind != "is":
        return None
    if sign and local == "*":
        return ":is takes the * as it stands", f'use :domain :is ... "{domain}", or :matches'
    if not sign and "." in key and " " not in key:
        return "this compares whole addresses, which have an @", f'use :domain :is ... "{key}", or :contains'
    return None
