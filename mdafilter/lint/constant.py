"""constant-condition: a condition that always holds, or never can.

    if allof (size :over 1M, size :under 100K)      never
    if anyof (header ..., not header ...)           always, where both ask the same
    if false                                        never; whoever switched a rule off that way is told so

The smallest test that is certain is named. `true` alone may stand where a test has to, and is the last branch then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.truth import truth
from mdafilter.lint.walk import values
from mdafilter.plan import Branch
from mdafilter.words.grep import Length
from mdafilter.words.logic import AllOf, Always, AnyOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

ALWAYS = "this condition always holds"
NEVER = "this condition can never hold"


def find(rules: Rules) -> Iterator[Found]:
    """Looks at the question of each branch."""
    for value, at in values(rules.plan):
        if not isinstance(value, Branch) or (held := truth(value.test)) is None:
            continue
        test = value.test
        if isinstance(test, Always) and not rules.sight.written(test):
            continue  # a recipe without conditions
        inner: object = _smallest(test)
        spot = rules.sight.of(inner, at)
        if held:
            hint = "what stands in its block needs no if, and no elsif or else behind it is reached"
        else:
            hint = "its block is never reached: mend the test, or remove the rule"
        yield Found(spot, ALWAYS if held else NEVER, _why(inner) or hint)


def _smallest(test: object) -> object:
    """The test within that makes it certain; itself where several do together."""
    while True:
        match test:
            case AllOf(tests=tests) | AnyOf(tests=tests):
                certain = [one for one in tests if truth(one) is isinstance(test, AnyOf)]
                if not certain or isinstance(certain[0], Always):
                    return test
                test = certain[0]
            case _:
                return test


def _why(test: object) -> str:
    match test:
        case AllOf():
            return "two of its tests exclude each other, or one never holds: its block is never reached"
        case AnyOf():
            return "one of its tests holds for every message"
        case Length():
            return "a < or > begins a size in octets: write \\< for the sign itself"
        case _:
            return ""
