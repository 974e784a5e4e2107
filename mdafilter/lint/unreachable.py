"""unreachable: rules behind something that ends them for every message.

    if true { stop; } keep;                  the keep
    :0                                       all that follows gets only messages whose delivery failed
    mbox

What stands behind a plain stop the language says itself (lang/sieve/lower.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.truth import truth
from mdafilter.lint.walk import blocks, ends, place, values
from mdafilter.plan import Do, If, Stop, Try
from mdafilter.words.failed import Failed
from mdafilter.words.logic import AllOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules
    from mdafilter.plan import Step


def find(rules: Rules) -> Iterator[Found]:
    """Looks behind each step, and behind each branch that always holds."""
    for block in blocks(rules.plan):
        for number, step in enumerate(block[:-1]):
            if ends((step,)):
                if not isinstance(step, Stop):
                    yield from _behind(rules, step, block[number + 1])
                break
    for value, _at in values(rules.plan):
        if isinstance(value, If):
            yield from _branches(rules, value)


def _behind(rules: Rules, step: Step, following: Step) -> Iterator[Found]:
    if isinstance(following, Try) or _waits(following):
        return  # the last resorts of a procmailrc, or a recipe with flag e: they are there for what fails
    before, at = place(step), place(following)
    spot = rules.sight.of(following.action if isinstance(following, Do) else None, at)
    if ends((step,), failing=True):
        hint = "what stands before it ends the rules here: remove one of them"
        yield Found(spot, "this is never reached", hint)
    else:
        text = f"only what the rule of line {before.line} could not deliver comes here"
        yield Found(spot, text, "that rule has no condition, and takes every message: put it last")


def _waits(step: Step) -> bool:
    """Whether a step asks if what is before it has failed."""
    tests = [branch.test for branch in step.branches] if isinstance(step, If) else []
    return any(
        isinstance(one, Failed) for test in tests for one in (test.tests if isinstance(test, AllOf) else (test,))
    )


def _branches(rules: Rules, step: If) -> Iterator[Found]:
    for number, branch in enumerate(step.branches):
        if truth(branch.test):
            behind = step.branches[number + 1 :]
            if behind and rules.sight.written(branch.test):
                hint = f"the condition of line {branch.at.line} holds for every message"
                yield Found(rules.sight.of(None, behind[0].at), "this is never reached", hint)
            return
