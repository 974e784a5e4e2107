"""Old counts go when there are too many: first the tokens of one message alone, those taught longest ago before others.

Nothing goes while there is room: knowledge that nobody renews is still knowledge. Room is made for a quarter, so that
this is seldom done.

What is remembered of learned messages (teach.py: that none is learned twice) goes past limits.BAYES_KNOWN, the oldest
day first; past a quarter of `most`, where that is less. Then such a message is one that was never taught: taught again
it counts again, on the other side as well, and forgetting it takes nothing back. The ledger of `mdafilter train` goes
on knowing it: reported again with the same verdict it is "known" there, and taught to nobody. The totals stay: so many
have been learned.

In:    Counts, how many octets they may take. `dry`: nothing goes.
Out:   Gone. Fails: CountsError.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.scorers.bayes.store import Counts

KEPT = 0.75


class Gone(Value):
    """How many tokens and messages went; how many octets there were before, and are now."""

    tokens: int
    known: int
    before: int
    after: int


def expire(store: Counts, most: int, *, dry: bool = False) -> Gone:
    """Removes what is too much."""

    def trim(what: str, left: float) -> int:
        return max(0, store.many(what) - int(left)) if dry else store.trim(what, int(left))

    before, tokens, known = store.size(), 0, 0
    remembered = min(limits.BAYES_KNOWN, most // limits.BAYES_KNOWN_OCTETS)
    if store.many("known") > remembered:
        known = trim("known", KEPT * remembered)
    if before > most:
        tokens = trim("token", KEPT * most / before * store.many("token"))
    return Gone(tokens, known, before, store.size() if known or tokens else before)
