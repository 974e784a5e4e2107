"""Old counts go when there are too many: first the tokens of one message alone, those taught longest ago before others.

Nothing goes while there is room: knowledge that nobody renews is still knowledge. Room is made for a quarter, so that
this is seldom done. What is known of messages stays, so that none is learned twice.

In:    Counts, how many octets they may take. Out: how many tokens went. Fails: CountsError.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.scorers.bayes.store import Counts

KEPT = 0.75


def expire(store: Counts, most: int) -> int:
    """Removes what is too much."""
    size = store.size()
    if size <= most:
        return 0
    order = sorted([(spam + ham > 1, day, number) for number, (spam, ham, day) in store.scan()])
    going = [number for _, _, number in order[: int(len(order) * (1 - KEPT * most / size)) + 1]]
    store.drop(going)
    return len(going)
