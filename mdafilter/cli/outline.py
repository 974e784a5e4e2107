"""A compiled plan as people read it: every step with its place, and nothing of the language that it was written in.

    rules.sieve:2   if header :contains "subject" "*SPAM*"
    rules.sieve:3     fileinto "Trash"
    rules.sieve:4     stop
                    else
    rules.sieve:6     keep

In:    a Plan. Out: text without a newline at its end; of the length of the rules, for each included file once more.
"""

from __future__ import annotations

from mdafilter.cli.terminal import printable, short
from mdafilter.plan import Call, Clone, Do, If, Loop, Read, Rewrite, Scan, Set, Stop, Try
from mdafilter.values import TYPE_CHECKING, never
from mdafilter.words.rcfile import ThisFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.plan import Block, Plan, Step
    from mdafilter.texts import Where

PLACE = 40  # characters that the column of places has at most
VALUE = 160  # characters of what a step says


def render(plan: Plan) -> str:
    """The steps, one line each."""
    lines = [(str(at or ""), "  " * depth + short(what, VALUE)) for at, depth, what in _plan(plan)]
    width = min(PLACE, max((len(at) for at, _ in lines), default=0))
    return (
        "\n".join(f"{printable(at):<{width}}  {what}".rstrip() for at, what in lines) or "nothing: the message is kept"
    )


def _plan(plan: Plan) -> Iterator[tuple[Where | None, int, str]]:
    yield from _block(plan.steps, 0)
    if plan.at_end:
        yield None, 0, "at the end"
        yield from _block(plan.at_end, 1)


def _block(steps: Block, depth: int) -> Iterator[tuple[Where | None, int, str]]:
    for step in steps:
        yield from _step(step, depth)


def _step(step: Step, depth: int) -> Iterator[tuple[Where | None, int, str]]:
    match step:
        case If(branches=branches, orelse=orelse):
            for number, branch in enumerate(branches):
                yield branch.at, depth, f"{'elsif' if number else 'if'} {branch.test.describe()}"
                yield from _block(branch.then, depth + 1)
            if orelse:
                yield None, depth, "else"
                yield from _block(orelse, depth + 1)
        case Do(action=action, at=at):
            yield at, depth, action.describe()
        case Rewrite(change=change, at=at):
            yield at, depth, change.describe()
        case Set(assignment=assignment, at=at):
            yield at, depth, assignment.describe()
        case Loop(series=series, body=body, at=at):
            yield at, depth, series.describe()
            yield from _block(body, depth + 1)
        case Scan(source=source, entries=entries, at=at):
            yield at, depth, source.describe()
            for entry in entries:
                yield entry.at, depth + 1, f"if {entry.what}"
                yield from _block(entry.then, depth + 2)
        case Try(body=body, at=at, needed=needed):
            yield at, depth, f"try, and if it cannot be done {'keep the message' if needed else 'go on'}"
            yield from _block(body, depth + 1)
        case Clone(body=body, at=at):
            yield at, depth, "for a copy of the message"
            yield from _block(body, depth + 1)
        case Call(plan=plan, at=at):
            yield at, depth, f"include {plan.source}"
            yield from _block(plan.steps, depth + 1)
        case Read(file=file, then=then, at=at):
            yield at, depth, file.describe()
            yield from _block(file.steps if isinstance(file, ThisFile) else (), depth + 1)
            if then:
                yield None, depth, "and if it was there"
                yield from _block(then, depth + 1)
        case Stop(scope=scope, at=at):
            yield at, depth, "stop" if scope == "all" else f"stop {scope}"
        case _:
            never(step)
