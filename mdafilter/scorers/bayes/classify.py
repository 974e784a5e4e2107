"""Counts -> what they say of a message: its evidence, 0 where spam and ham are equally likely, above 0 is spam.

Each token has odds: the logarithm of those that a message with it is spam, from the share of spam and the share
of ham that had it (so that it does not matter how many there are of each). A token that was in few messages is drawn
towards 0, as if there had been STRENGTH messages of both more (G. Robinson, "A statistical approach to the spam
problem", 2003). Odds of less than 4 to 1 (LEAST) are mostly chance, and most tokens have such odds: they are 0, as in
bogofilter(1), min_dev, and in SpamAssassin (Mail::SpamAssassin::Plugin::Bayes, MIN_PROB_STRENGTH).

The odds are combined as R. A. Fisher combines tests (1925), once against "it is ham" and once against "it is spam":
twice the sum of the logarithms is chi square, if all is chance. The cube root of its mean is nearly normal (E. Wilson
and M. Hilferty, 1931), so the evidence is the difference of both in standard deviations. By the root, a few tokens of
very long odds do not outweigh many others.

Beside the counts, weights that the same messages have trained say what the odds are (logistic.py). The evidence is the
mean of both, as they err on different messages: odds of e to 1 are 1 / SHARE of evidence, and SHARE is what they count,
less as far as the weights are not trusted, and as far as tokens of the message are unknown to them.

Who has learned few messages has not seen all sorts of ham, and takes a new sort for spam. A false alarm is worse than a
miss, so evidence of spam is multiplied by n / (n + DOUBT), n being the messages learned of the rarer kind. What that
does not change is which of two messages is more likely spam.

A token that nobody has taught says nothing, so that random words do little: at most, the counts alone are heard.

What a token adds to the evidence, for people, is its trained weight, as it was added, and its share of what all the
tokens with long odds moved the counts by (both deviates together, as each root depends on all of them), by its odds.

In:    tokens, their rows (store.py), the totals.
Out:   Opinion. Fails: never. The time is linear in the tokens.
"""

from __future__ import annotations

import math

from mdafilter.scorers.bayes import logistic
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mdafilter.scorers.bayes.store import Row, Totals

STRENGTH = 0.1
LEAST = math.log(4.0)  # odds of 4 to 1
SHARE = 0.4
DOUBT = 100
SURE = 10.0  # evidence that more lessons need not make stronger
SHOWN = 8  # tokens that a verdict names


class Opinion(Value):
    """The evidence, and the tokens with what each of them adds to it."""

    evidence: float
    parts: tuple[tuple[str, float], ...]

    def shown(self) -> tuple[str, ...]:
        """The tokens that add most, the first of them first: `spam:subject:free`, `ham:from:bob@example.org`."""
        most = sorted(self.parts, key=lambda one: (-abs(one[1]), one[0]))[:SHOWN]
        return tuple([f"{'spam' if part > 0 else 'ham'}:{name}" for name, part in most if part])


def opinion(names: Sequence[str], ids: Sequence[int], rows: dict[int, Row], totals: Totals) -> Opinion:
    """What the rows say of these tokens."""
    taught = [(name, rows[number]) for name, number in zip(names, ids, strict=True) if number in rows]
    found = [row for _, row in taught]
    spam, ham, odds = _deviates(found, totals)
    trust = logistic.trust(totals) * math.sqrt(len(found) / max(len(ids), 1))
    trained = logistic.odds(found, len(found)) - logistic.before(totals)
    scale = 1 / (1 + SHARE * trust)
    said = (spam - ham + trust * trained) * scale
    if said > 0:
        fewest = min(totals.spam, totals.ham)
        doubt = fewest / (fewest + DOUBT)
        said, scale = said * doubt, scale * doubt
    of_odds = scale * (spam + ham) / max(math.fsum([abs(one) for one in odds]), LEAST)
    of_weight = scale * trust / (logistic.UNIT * math.sqrt(max(len(found), 1)))
    parts = [
        (name, one * of_odds + logistic.cut(row[3]) * of_weight) for (name, row), one in zip(taught, odds, strict=True)
    ]
    return Opinion(said, tuple(parts))


def evidence(rows: Iterable[Row], totals: Totals) -> float:
    """What the counts alone say, without any doubt: what teach.py asks for."""
    spam, ham, _ = _deviates(rows, totals)
    return spam - ham


def _deviates(rows: Iterable[Row], totals: Totals) -> tuple[float, float, list[float]]:
    """Of spam, of ham, in standard deviations; and the odds of each row."""
    odds = _odds(rows, totals)
    some = [one for one in odds if one]
    if not some:
        return 0.0, 0.0, odds
    many = len(some)
    against_ham = math.fsum([math.log1p(math.exp(one)) for one in some]) / many
    against_spam = math.fsum([math.log1p(math.exp(-one)) for one in some]) / many
    scale = 3 * math.sqrt(many)
    return scale * math.cbrt(against_ham), scale * math.cbrt(against_spam), odds


def _odds(rows: Iterable[Row], totals: Totals) -> list[float]:
    found: dict[tuple[int, int], float] = {}  # most tokens have few counts: the same pair comes often
    out = []
    for spam, ham, _day, _weight in rows:
        odds = found.get((spam, ham))
        if odds is None:
            odds = found[(spam, ham)] = _odds_of(spam, ham, totals)
        out.append(odds)
    return out


def _odds_of(spam: int, ham: int, totals: Totals) -> float:
    spam_share = spam / max(totals.counted_spam, 1)
    ham_share = ham / max(totals.counted_ham, 1)
    seen = spam + ham
    if not spam_share + ham_share:
        return 0.0
    # The odds of Robinson's f(w); neither term is 0, however many messages there were.
    likely = STRENGTH / 2 + seen * spam_share / (spam_share + ham_share)
    unlikely = STRENGTH / 2 + seen * ham_share / (spam_share + ham_share)
    odds = math.log(likely / unlikely)
    return odds if abs(odds) >= LEAST else 0.0
