"""Mail to teach the Bayes scorer with: made up, of words that spam and ham have in common, and words that they have not."""

from __future__ import annotations

import random

from mdafilter.scorers import bayes

COMMON = "the and for with this that from have will your about more when they been".split()
SPAM = "offer free winner click prize money guarantee cheap pills viagra casino credit".split()
HAM = "meeting patch review kernel tomorrow lunch report thanks agenda branch compile holiday".split()


def _made(words: list[str], sender: str, number: int) -> bytes:
    chance = random.Random(f"{sender}{number}")
    text = " ".join(chance.choice(chance.choice((COMMON, words))) for _ in range(60))
    head = f"From: {sender}{number % 7}@example.org\nMessage-ID: <{sender}{number}@x>\nSubject: {text[:30]}\n\n"
    return (head + text + "\n").encode()


def spam(number: int) -> bytes:
    return _made(SPAM, "seller", number)


def ham(number: int) -> bytes:
    return _made(HAM, "friend", number)


def taught(options: bayes.Options, many: int) -> bayes.Options:
    """The options, when so many messages of each kind have been learned."""
    for number in range(many):
        bayes.learn(ham(number), "ham", options)
        bayes.learn(spam(number), "spam", options)
    return options
