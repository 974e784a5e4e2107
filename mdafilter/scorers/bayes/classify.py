"""Counts -> what they say of a message: its evidence, 0 where spam and ham are equally likely, above 0 is spam.

Each token has a weight: the logarithm of the odds that a message with it is spam, from the share of spam and the share
of ham that had it (so that it does not matter how many there are of each). A token that was in few messages is drawn
towards 0, as if there had been STRENGTH messages of both more (G. Robinson, "A statistical approach to the spam
problem", 2003). The evidence is the sum of all weights, divided by the square root of their number: were they all
chance, this is what the sum would grow by.

A token that nobody has taught says nothing, so that random words change nothing.

In:    tokens, their rows (store.py), the totals.
Out:   Opinion. Fails: never. The time is linear in the tokens.
"""

from __future__ import annotations

import math

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mdafilter.scorers.bayes.store import Row, Totals

STRENGTH = 0.1
SURE = 10.0  # evidence that more lessons need not make stronger
SHOWN = 8  # tokens that a verdict names


class Opinion(Value):
    """The evidence, and the tokens with their weights."""

    evidence: float
    weights: tuple[tuple[str, float], ...]

    def shown(self) -> tuple[str, ...]:
        """The tokens that weigh most, heaviest first: `spam:subject:free`, `ham:from:bob@example.org`."""
        heaviest = sorted(self.weights, key=lambda one: (-abs(one[1]), one[0]))[:SHOWN]
        return tuple([f"{'spam' if weight > 0 else 'ham'}:{name}" for name, weight in heaviest if weight])


def opinion(names: Sequence[str], ids: Sequence[int], rows: dict[int, Row], totals: Totals) -> Opinion:
    """What the rows say of these tokens."""
    taught = [(name, rows[number]) for name, number in zip(names, ids, strict=True) if number in rows]
    weights = _weights([row for _, row in taught], totals)
    return Opinion(_evidence(weights), tuple(zip([name for name, _ in taught], weights, strict=True)))


def evidence(rows: Iterable[Row], totals: Totals) -> float:
    """The evidence alone."""
    return _evidence(_weights(rows, totals))


def _evidence(weights: Sequence[float]) -> float:
    return math.fsum(weights) / math.sqrt(len(weights)) if weights else 0.0


def _weights(rows: Iterable[Row], totals: Totals) -> list[float]:
    found: dict[tuple[int, int], float] = {}  # most tokens have few counts: the same pair comes often
    out = []
    for spam, ham, _day in rows:
        weight = found.get((spam, ham))
        if weight is None:
            weight = found[(spam, ham)] = _weight(spam, ham, totals)
        out.append(weight)
    return out


def _weight(spam: int, ham: int, totals: Totals) -> float:
    spam_share = spam / max(totals.counted_spam, 1)
    ham_share = ham / max(totals.counted_ham, 1)
    seen = spam + ham
    if not spam_share + ham_share:
        return 0.0
    # The odds of Robinson's f(w); neither term is 0, however many messages there were.
    likely = STRENGTH / 2 + seen * spam_share / (spam_share + ham_share)
    unlikely = STRENGTH / 2 + seen * ham_share / (spam_share + ham_share)
    return math.log(likely / unlikely)
