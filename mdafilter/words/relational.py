"""`:value` and `:count`: relations between numbers or strings (RFC 5231).

    header :value "ge" :comparator "i;ascii-numeric" "X-Priority" "3"
    address :count "gt" :comparator "i;ascii-numeric" ["To", "Cc"] "20"

The comparison itself is `relation` in match.py; here are the tags and what a script can get wrong with them.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.words.match import COMPARATORS, MATCHING, RELATIONS
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from mdafilter.words.match import Match
    from mdafilter.words.syntax import Use

TAGS: tuple[Tag, ...] = (
    Tag(":value", on=MATCHING, argument="string", requires=("relational",), group="match-type"),
    Tag(":count", on=MATCHING, argument="string", requires=("relational",), group="match-type"),
)


def check(use: Use, match: Match) -> None:
    """The relation must be one of the six, and a count should be compared as a number (section 4.2)."""
    tag = f":{match.kind}"
    if match.relation not in RELATIONS:
        use.error(f'"{match.relation}" is no relation', f"relations are {', '.join(RELATIONS)}", tag=tag)
    elif match.counts and COMPARATORS[match.comparator].substrings:
        use.warn(
            f":count compares as text with the comparator {match.comparator}, where 10 is less than 9",
            'add: :comparator "i;ascii-numeric"',
            tag=tag,
        )
