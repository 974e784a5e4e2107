"""variable: one that is used and never set, or set and never used (RFC 5229).

    set "list" "x"; fileinto "${lits}";       list is never used, lits is always empty
    keep; fileinto "${1}";                    nothing before it matches, so ${1} is empty

Variables of one script are its own; those that it shares (RFC 6609) are left alone, and so are a procmailrc's, which
its programs see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.plan import Call, Plan
from mdafilter.texts import Var
from mdafilter.words.imap4flags import Flagging, HasFlag
from mdafilter.words.match import Match
from mdafilter.words.variables import SetVariable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules
    from mdafilter.texts import Where
    from mdafilter.values import Value


def find(rules: Rules) -> Iterator[Found]:
    """Looks at each script by itself."""
    included = [value.plan for value, _at in values(rules.plan) if isinstance(value, Call)]
    for plan in dict.fromkeys((rules.plan, *included)):
        if plan.source in rules.sight.required:
            yield from _script(rules, plan, alone=not included)


def _script(rules: Rules, plan: Plan, *, alone: bool) -> Iterator[Found]:
    used: dict[str, Where] = {}
    assigned: dict[str, tuple[SetVariable, Where]] = {}
    matching = False
    for value, at in _own(plan):
        match value:
            case Var(name=name):
                used.setdefault(name, at)
            case SetVariable(name=name):
                assigned.setdefault(name, (value, at))
            case Match(kind="matches" | "regex"):
                matching = True
    shared = {*plan.globals_, *_mentioned(plan)}
    for name, at in used.items():
        if name.isdigit():
            if alone and not matching:
                text, hint = f"${{{name}}} is always empty", "no :matches or :regex is in this script that could set it"
                yield Found(rules.sight.of(None, at), text, hint)
        elif "." not in name and name not in assigned and name not in shared:
            hint = f'write it as the set does, or set "{name}" before'
            yield Found(rules.sight.of(None, at), f'the variable "{name}" is never set, and is empty', hint)
    for name, (node, at) in assigned.items():
        if "." not in name and name not in used and name not in shared:
            yield Found(rules.sight.argument(node, at, 0), f'the variable "{name}" is set and never used', "remove it")


def _mentioned(plan: Plan) -> Iterator[str]:
    """Names that other words may set or read: those of flags (RFC 5232), of what extracttext and its kind write."""
    for value, _at in _own(plan):
        if isinstance(value, Var | SetVariable | Match):
            continue
        for name in value._fields:
            field = getattr(value, name)
            texts = field if isinstance(field, tuple) and isinstance(value, Flagging | HasFlag) else (field,)
            yield from (text.lower() for text in texts if isinstance(text, str))


def _own(plan: Plan) -> Iterator[tuple[Value, Where]]:
    """The values of a plan, without those of the plans that it calls."""
    called = [(value.plan, at) for value, at in values(plan) if isinstance(value, Call)]
    inner = {id(one) for other, _at in called for one, _place in values(other)}
    return ((value, at) for value, at in values(plan) if id(value) not in inner)
