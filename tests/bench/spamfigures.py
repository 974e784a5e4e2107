"""Figures of scorers: errors, what is missed at a share of false alarms, the area under the curve; as a line of a table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tests.bench.spamscorers import Result

HEAD = (
    f"{'split':<6}{'scorer':<14}{'ham as spam':>12}{'spam not':>10}{'of it ham':>10}{'unsure':>9}{'AUC':>10}"
    f"{'missed @0.1%':>14}{'@1%':>8}{'msg/s':>8}{'database KB':>13}"
)


def area(spam: Sequence[float], ham: Sequence[float]) -> float:
    """The chance that a spam has more points than a ham; as many is half a chance."""
    order = sorted(ham)
    won = sum(bisect_left(order, score) + bisect_right(order, score) for score in spam)
    return won / (2 * len(spam) * len(ham))


def missed(spam: Sequence[float], ham: Sequence[float], share: float) -> float:
    """The share of spam that has no more points than what only this share of the ham is above."""
    limit = sorted(ham, reverse=True)[int(share * len(ham))]
    return sum(score <= limit for score in spam) / len(spam)


def row(split: str, name: str, results: Sequence[Result]) -> str:
    """One line of the table."""
    said = [one for result in results for one in result.said]
    spam = [score for score, is_spam, _ in said if is_spam]
    ham = [score for score, is_spam, _ in said if not is_spam]
    alarms = sum(word == "spam" and not is_spam for _, is_spam, word in said)
    passed = sum(word != "spam" and is_spam for _, is_spam, word in said)
    wrong = sum(word == "ham" and is_spam for _, is_spam, word in said)
    unsure = sum(word == "unsure" for _, _, word in said) / len(said)
    rate = len(said) / sum(result.seconds for result in results)
    octets = max(result.octets for result in results)
    return (
        f"{split:<6}{name:<14}{alarms:>12}{passed:>10}{wrong:>10}{unsure:>9.2%}{area(spam, ham):>10.5f}"
        f"{missed(spam, ham, 0.001):>14.2%}{missed(spam, ham, 0.01):>8.2%}{rate:>8.0f}{octets / 1024:>13.0f}"
    )
