"""address-in-header: an address compared with a whole field, in which a name stands beside it most of the time.

header :is "from" "ann@example.org"      does not hold for: From: Ann <ann@example.org>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.words.header import Header
from mdafilter.words.names import address_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

# Fields of RFC 5322 section 3.6 whose addresses have names; of Return-Path and its kind the whole field is compared.
NAMED = frozenset("from sender reply-to to cc bcc resent-from resent-sender resent-to resent-cc".split())


def find(rules: Rules) -> Iterator[Found]:
    """Looks at the constant keys of each header test with :is."""
    for value, at in values(rules.plan):
        if not isinstance(value, Header) or value.match.kind != "is" or value.mime is not None:
            continue
        if not all(isinstance(name, str) and name.lower() in NAMED for name in value.names):
            continue
        for key in value.match.keys:
            if isinstance(key, str) and "<" not in key and not address_fault(key):
                text = "this compares the whole field, in which a name may stand beside the address"
                hint = f'use: address :is "{value.names[0]}" "{key}"'
                yield Found(rules.sight.argument(value, at, 1, key), text, hint)
