"""The ways through a plan: all that it is made of, its blocks, and whether a block goes on behind its end.

In: a Plan. Out: values with the place of the rule that they stand in, outermost first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.truth import truth
from mdafilter.plan import Branch, Call, Clone, Do, If, Loop, Plan, Read, Rewrite, Scan, Set, Stop, Try
from mdafilter.texts import Where
from mdafilter.values import Value
from mdafilter.words.pipe import PipeInto
from mdafilter.words.store import StoreIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.plan import Block, Step

STEPS = (If, Do, Rewrite, Set, Loop, Scan, Try, Clone, Call, Read, Stop)


def values(plan: Plan) -> Iterator[tuple[Value, Where]]:
    """All values of the plan."""
    waiting: list[tuple[object, Where]] = [(plan, Where(plan.source, 1))]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, Where):
            continue
        if isinstance(value, Value):
            own = getattr(value, "at", None)
            at = own if isinstance(own, Where) and isinstance(value, (*STEPS, Branch)) else at
            yield value, at
            value = tuple(getattr(value, name) for name in value._fields)
        if isinstance(value, tuple):
            waiting.extend((item, at) for item in reversed(value))


def blocks(plan: Plan) -> Iterator[Block]:
    """All blocks of the plan."""
    for value, _at in values(plan):
        for name in value._fields:
            found = getattr(value, name)
            if isinstance(found, tuple) and found and isinstance(found[0], STEPS):
                yield found


def place(step: Step) -> Where:
    """Where a step begins."""
    return step.branches[0].at if isinstance(step, If) else step.at


def ends(block: Block, *, failing: bool = False) -> bool:
    """Whether nothing behind the block is reached from it; with `failing` not even where a delivery fails (Try)."""
    return any(_ends(step, failing) for step in block)


def _may_well_fail(step: Step) -> bool:
    """Whether it is usual that a rule for what fails follows: a program, or a mailbox that a variable names."""
    action = step.action if isinstance(step, Do) else None
    whole = isinstance(action, StoreIn) and not isinstance(action.path, str) and len(action.path.parts) == 1
    return whole or isinstance(action, PipeInto)


def _ends(step: Step, failing: bool) -> bool:
    match step:
        case Stop():
            return True
        case Try(body=body):
            return not failing and ends(body) and not any(map(_may_well_fail, body))
        case If(branches=branches, orelse=orelse):
            for branch in branches:
                held = truth(branch.test)
                if held is not False and not ends(branch.then, failing=failing):
                    return False
                if held:
                    return True
            return ends(orelse, failing=failing)
        case _:
            return False
