"""hidden-rule: a rule whose messages an earlier one takes, and ends.

    if header :contains "from" "example.org" { fileinto "Work"; stop; }
    if header :contains "from" "boss@example.org" { fileinto "Boss"; stop; }

In a Postfix table the first line that matches decides, so a second one with the same pattern never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.truth import covers, steady, truth
from mdafilter.lint.walk import blocks, ends, values
from mdafilter.plan import Call, If, Loop, Read, Rewrite, Scan
from mdafilter.words.scan import Lines, Table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mdafilter.lint.rules import Rules
    from mdafilter.plan import Block, Branch
    from mdafilter.words.scan import Row

COMPARED = 100_000  # pairs of rules in one file: what takes some seconds
CHANGES = (Rewrite, Call, Loop, Read, Scan)  # steps behind which the message may be another one


def find(rules: Rules) -> Iterator[Found]:
    """Looks at each block, and at each table."""
    left = COMPARED
    for block in blocks(rules.plan):
        left -= yield from _block(rules, block, left)
    for value, _at in values(rules.plan):
        if isinstance(value, Lines):
            for table in value.tables:
                yield from _table(rules, table)


def _block(rules: Rules, block: Block, left: int) -> Generator[Found, None, int]:
    """What is hidden in one block; returns how many rules were compared, which are `left` at most."""
    taking: list[Branch] = []
    compared = 0
    for step in block:
        if isinstance(step, CHANGES) or _changes(step):
            taking.clear()
        if not isinstance(step, If):
            continue
        known = [branch for branch in step.branches if steady(branch.test) and truth(branch.test) is None]
        for branch in known:
            compared += len(taking)
            if compared > left:
                return compared
            first = next((one for one in taking if covers(one.test, branch.test)), None)
            if first is not None:
                hint = f"put it before line {first.at.line}, or take the stop away there"
                text = f"this rule is never reached: line {first.at.line} takes its messages, and ends"
                if not ends(first.then, failing=True):
                    text = f"line {first.at.line} takes the messages of this rule: it gets only what fails there"
                    hint = f"put it before line {first.at.line}"
                yield Found(rules.sight.of(branch.test, branch.at), text, hint)
        taking += _taking(step)
    return compared


def _taking(step: If) -> Iterator[Branch]:
    """The branches that end the rules, where no branch before them can be taken instead and go on."""
    for branch in step.branches:
        if not ends(branch.then):
            return
        if steady(branch.test) and truth(branch.test) is None:
            yield branch


def _changes(step: object) -> bool:
    """Whether an if changes the message for what follows it."""
    return isinstance(step, If) and any(
        isinstance(inner, CHANGES) or _changes(inner)
        for then in (*(branch.then for branch in step.branches), step.orelse)
        for inner in then
    )


def _table(rules: Rules, table: Table) -> Iterator[Found]:
    seen: dict[tuple[object, ...], Row] = {}
    until = 0  # the first row behind the `if`s so far: in their blocks a line is not asked for each text
    for number, row in enumerate(table.rows):
        if row.skip:
            until = max(until, number + 1 + row.skip)
        if number < until:
            continue
        key = row.pattern, row.syntax, row.ignore_case, row.newline, row.options, row.negated
        first = seen.setdefault(key, row)
        if first is not row:
            hint = f"line {first.at.line} has the same pattern, and the first line that matches decides"
            yield Found(rules.sight.of(None, row.at), "this line is never reached", hint)
