"""What test_error and test_result_action share: texts, numbered from 1, of which any or the N-th is matched.

    [MATCH-TYPE] [COMPARATOR] [:index <number>] <keys: string-list>

With :count their number is compared (RFC 5231). An :index past the end matches nothing.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.words import regex, relational
from mdafilter.words.match import MATCH_TAGS
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.words.syntax import Use

TAGS = (*MATCH_TAGS, *relational.TAGS, *regex.TAGS, Tag(":index", argument="number"))


def index_of(use: Use) -> int:
    """The number that :index says; 0 is all of them."""
    index = use.tag_number(":index")
    if index == 0:
        use.error(":index 0 is nothing", "the first one is 1", tag=":index")
    return index or 0


def chosen(texts: Sequence[str], index: int) -> Sequence[str]:
    """The texts that are looked at."""
    return texts[index - 1 : index] if index else texts
