"""Counts -> what they say of a message: its evidence, 0 where spam and ham are equally likely, above 0 is spam.

Each token has a weight: the logarithm of the odds that a message with it is spam, from the share of spam and the share
of ham that had it (so that it does not matter how many there are of each). A token that was in few messages is drawn
towards 0, as if there had been STRENGTH messages of both more (G. Robinson, "A statistical approach to the spam
problem", 2003). Odds of less than 4 to 1 (LEAST) are mostly chance, and most tokens have such odds: they weigh 0, as in
bogofilter(1), min_dev, and in SpamAssassin (Mail::SpamAssassin::Plugin::Bayes, MIN_PROB_STRENGTH).

The weights are combined as R. A. Fisher combines tests (1925), once against "it is ham" and once against "it is spam":
twice the sum of the logarithms is chi square, if all is chance. The cube root of its mean is nearly normal (E. Wilson
and M. Hilferty, 1931), so the evidence is the difference of both in standard deviations. By the root, a few tokens of
very long odds do not outweigh many others.

Who has learned few messages has not seen all sorts of ham, and takes a new sort for spam. A false alarm is worse than a
miss, so evidence of spam is multiplied by n / (n + DOUBT), n being the messages learned of the rarer kind. What that
does not change is which of two messages is more likely spam.

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
LEAST = math.log(4.0)  # odds of 4 to 1
DOUBT = 100
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
    found = _evidence(weights)
    if found > 0:
        fewest = min(totals.spam, totals.ham)
        found *= fewest / (fewest + DOUBT)
    return Opinion(found, tuple(zip([name for name, _ in taught], weights, strict=True)))


def evidence(rows: Iterable[Row], totals: Totals) -> float:
    """The evidence alone, without any doubt: what teach.py asks for."""
    return _evidence(_weights(rows, totals))


def _evidence(weights: Sequence[float]) -> float:
    some = [weight for weight in weights if weight]
    if not some:
        return 0.0
    many = len(some)
    against_ham = math.fsum([math.log1p(math.exp(weight)) for weight in some]) / many
    against_spam = math.fsum([math.log1p(math.exp(-weight)) for weight in some]) / many
    return 3 * math.sqrt(many) * (math.cbrt(against_ham) - math.cbrt(against_spam))


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
    weight = math.log(likely / unlikely)
    return weight if abs(weight) >= LEAST else 0.0
