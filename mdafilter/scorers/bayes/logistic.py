"""The second opinion: weights of tokens that are moved when the sum of those in a message was wrong, or nearly.

A logistic regression that learns message by message (J. Goodman and W. Yih, "Online discriminative spam filter
training", CEAS 2006). Each token has a weight, each message is a vector of length 1 (every token it has counts 1 / root
of their number), and the sum of weights is the logarithm of the odds that it is spam. A message that had the right odds
by more than NEAR moves nothing; another one moves all its tokens by one step, the longer the more it was wrong. Counts
(classify.py) take each token for itself; such weights share among the tokens what they say together.

Weights and steps are whole numbers, in parts of UNIT, and the step of a message is remembered with it: so a weight is
the sum of the steps of the messages that had the token, in whatever order they were learned, and forgetting one takes
back what it had added, to the last part. A sum cannot leave the integers of any store: nothing is cut where it is kept,
and where it is read, no token weighs more than MOST. A flood of one sort of message soon has the right odds, and moves
nothing more.

While but one kind has been counted, nothing moves: the only thing to learn would be "all is ham". Taught one kind after
the other, all the steps go one way. Such weights know no better, so they are trusted by n / (n + DOUBT), n being the
steps of the rarer kind: in that order nothing but the counts is heard.

Who has learned ten times as much spam as ham has such odds before a word is read, and weights that say so as well: half
of it, as a logarithm, is taken off again.

In:    rows of the tokens (store.py), how many tokens the message has, the totals.
Out:   numbers. Fails: never. The time is linear in the tokens.
"""

from __future__ import annotations

import math

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.scorers.bayes.store import Row, Totals

UNIT = 1024
RATE = 16.0  # what a message that was wholly wrong moves its odds by
NEAR = 0.9  # the probability of the right kind from which on a message moves nothing
LONGEST = int(UNIT * RATE)  # step: of one token that is alone, and was wrong
MOST = 8 * UNIT
DOUBT = 10
BEFORE = 0.5


def odds(rows: Iterable[Row], many: int) -> float:
    """The logarithm of the odds that a message with these rows, of so many tokens, is spam."""
    return sum([cut(row[3]) for row in rows]) / (UNIT * math.sqrt(max(many, 1)))


def cut(weight: int) -> int:
    """A weight as it is read."""
    return max(-MOST, min(MOST, weight))


def step(rows: Iterable[Row], many: int, spam: bool, totals: Totals) -> int:
    """What to add to the weight of each token of such a message, 0 for nothing."""
    if not (totals.counted_spam and totals.counted_ham):
        return 0
    said = odds(rows, many)
    wrong = 1 / (1 + math.exp(max(-700.0, min(700.0, said if spam else -said))))  # the probability of the other kind
    if 1 - wrong >= NEAR:
        return 0
    length = max(1, round(LONGEST * wrong / math.sqrt(max(many, 1))))
    return length if spam else -length


def before(totals: Totals) -> float:
    """The odds that come from how many messages of each kind there were."""
    return BEFORE * math.log((totals.spam + 1) / (totals.ham + 1))


def trust(totals: Totals) -> float:
    """From 0 to 1."""
    fewest = min(totals.stepped_spam, totals.stepped_ham)
    return fewest / (fewest + DOUBT)
