"""implied-require: a require of what needs none.

require "comparator-i;octet";                  RFC 5228 section 2.7.3: i;octet and i;ascii-casemap need none
require ["vacation", "vacation-seconds"];      the second brings the first (RFC 6131 section 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint import sight
from mdafilter.lint.rules import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

ALWAYS = ("comparator-i;octet", "comparator-i;ascii-casemap")
# what            brings
BRINGS = {"vacation-seconds": "vacation"}


def find(rules: Rules) -> Iterator[Found]:
    """Looks at the require of each script."""
    for file, tokens in rules.sight.required.items():
        names = {token.value for token in tokens}
        seen: set[str] = set()
        for token in tokens:
            name = token.value
            above = next((more for more, less in BRINGS.items() if less == name and more in names), "")
            if name in ALWAYS:
                hint = "remove it: every script may use it (RFC 5228 section 2.7.3)"
                yield Found(sight.token(file, token), f'"{name}" needs no require', hint)
            elif above:
                yield Found(sight.token(file, token), f'"{above}" brings "{name}"', "remove it")
            elif name in seen:
                yield Found(sight.token(file, token), f'"{name}" is required already', "remove it")
            seen.add(name)
