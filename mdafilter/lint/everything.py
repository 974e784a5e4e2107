"""matches-everything: a key that every value matches, so that only the field itself is asked for.

header :contains "X-Spam-Flag" ""        is: exists "X-Spam-Flag"
header :matches "subject" "*"            too, unless what it matched is used as ${0} or ${1}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.texts import Var
from mdafilter.words.address import AddressTest
from mdafilter.words.body import Body
from mdafilter.words.envelope import EnvelopeTest
from mdafilter.words.header import Header
from mdafilter.words.strings import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

KEYS = {"contains": 1, "matches": 1}


def find(rules: Rules) -> Iterator[Found]:
    """Looks at the constant keys of :contains and :matches."""
    used = any(isinstance(value, Var) and value.name.isdigit() for value, _at in values(rules.plan))
    for value, at in values(rules.plan):
        if not isinstance(value, Header | AddressTest | EnvelopeTest | Body):
            continue
        for key in value.match.keys:
            every = (
                key == ""
                if value.match.kind == "contains"
                else value.match.kind == "matches" and not used and _stars(key)
            )
            if every:
                index = 0 if isinstance(value, Body) else 1
                hint = 'what is not empty is asked for with :matches "?*"'
                if isinstance(value, Header) and value.mime is None:
                    hint = f"to ask for the field itself, write: exists {listed(value.names)}"
                yield Found(rules.sight.argument(value, at, index, str(key)), "every value matches this key", hint)


def _stars(key: object) -> bool:
    return isinstance(key, str) and bool(key) and not key.strip("*")
