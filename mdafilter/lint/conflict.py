"""conflict: a refusal and a delivery of the same message, which fails each time that it is reached.

    fileinto "Spam"; reject "no";
    vacation "away"; reject "no";

"Implementations MUST prohibit the execution of more than one "reject"", of one with a delivery, and "MUST be
incompatible with the "vacation" action" (RFC 5429 section 2.5): the script fails, and the message is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.plan import Do, If, Loop, Stop
from mdafilter.words.fileinto import FileInto
from mdafilter.words.keep import KeepIt
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.reject import Refusal
from mdafilter.words.vacation import Vacation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules
    from mdafilter.plan import Block

# the delivery that a refusal contradicts, and its name
DELIVERS = ((KeepIt, "keep"), (FileInto, "fileinto"), (RedirectTo, "redirect"), (Vacation, "vacation"))
HINT = "refuse a message, or deliver it: where both are reached the script fails, and the message is kept"


def find(rules: Rules) -> Iterator[Found]:
    """Goes down each way through the plan, with what was certainly done before."""
    yield from _block(rules, rules.plan.steps, ())


def _block(rules: Rules, block: Block, before: tuple[Do, ...]) -> Iterator[Found]:
    done = list(before)
    for step in block:
        match step:
            case Do(action=action, at=at) if name := _name(action):
                other = next((one for one in done if "reject" in (name, _name(one.action))), None)
                if other is not None:
                    text = f"{name} contradicts the {_name(other.action)} of line {other.at.line}"
                    yield Found(rules.sight.of(action, at), text, HINT)
                    return
                done.append(step)
            case If(branches=branches, orelse=orelse):
                for branch in branches:
                    yield from _block(rules, branch.then, tuple(done))
                yield from _block(rules, orelse, tuple(done))
            case Loop(body=body):
                yield from _block(rules, body, tuple(done))
            case Stop():
                return


def _name(action: object) -> str:
    if isinstance(action, Refusal):
        return "reject"
    return next((name for kind, name in DELIVERS if isinstance(action, kind)), "")
