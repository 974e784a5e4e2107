"""repeated-condition: an elsif that asks what an if or elsif before it has asked, or less.

    if header :contains "subject" "spam" { ... }
    elsif header :contains "subject" "spam offer" { ... }

Also a test that stands twice in one anyof or allof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.truth import PAIRS, covers, steady, truth
from mdafilter.lint.walk import values
from mdafilter.plan import If
from mdafilter.words.logic import AllOf, AnyOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules


def find(rules: Rules) -> Iterator[Found]:
    """Looks at each chain, and at each list of tests."""
    for value, at in values(rules.plan):
        match value:
            case If():
                yield from _chain(rules, value)
            case AllOf(tests=tests) | AnyOf(tests=tests):
                for number, test in enumerate(tests[:PAIRS]):
                    if steady(test) and test in tests[:number]:
                        spot = rules.sight.of(test, at)
                        yield Found(spot, "this test stands here twice", "remove one, or mend what was copied")


def _chain(rules: Rules, step: If) -> Iterator[Found]:
    known = [branch for branch in step.branches[:PAIRS] if steady(branch.test) and truth(branch.test) is None]
    for number, branch in enumerate(known):
        first = next((one for one in known[:number] if covers(one.test, branch.test)), None)
        if first is not None:
            hint = f"line {first.at.line} asks the same, or more, and comes first: put this one before it"
            yield Found(rules.sight.of(branch.test, branch.at), "this elsif is never reached", hint)
