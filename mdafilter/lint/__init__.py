"""Lints: what compiles, and is hardly what somebody meant. One file is one lint and one line of the table.

The lints look at plans, so most of them know nothing of a language; Sight tells them where in a Sieve script a word or
an argument stands. What a language finds by itself while it compiles (what is required and not used, code behind a
stop, a regular expression that is wrong) is said there.

In:    a compiled rule file. Out: warnings, in the order of the file. Never on the way of a message: `check` calls it.
A lint has `find(rules)`. It says nothing where it is not certain: a false alarm is worse than none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from mdafilter.errors import Problem
from mdafilter.texts import Where

if TYPE_CHECKING:
    from mdafilter.lint.rules import Rules
    from mdafilter.lint.sources import Sources

# file              code                 what is wrong
TABLE: tuple[tuple[str, str, str], ...] = (
    ("constant", "constant-condition", "a condition that always or never holds"),
    ("unreachable", "unreachable", "rules behind something that ends them for every message"),
    ("repeated", "repeated-condition", "an elsif that asks what an if before it has asked"),
    ("hidden", "hidden-rule", "a rule whose messages an earlier one takes, and ends"),
    ("discarded", "discard-goes-on", "a discard that a delivery behind it takes back"),
    ("conflict", "conflict", "a refusal and a delivery of the same message"),
    ("impossible", "impossible-key", "a key that no value can ever match"),
    ("addresspart", "address-part", "an address where a part of one is compared, and the other way round"),
    ("addressheader", "address-in-header", "an address compared with a whole field"),
    ("everything", "matches-everything", "a key that every value matches"),
    ("exponential", "slow-regex", "a regular expression that can need exponential time"),
    ("mailbox", "missing-mailbox", "a folder that is not there and is not created"),
    ("variables", "variable", "a variable that is never set, or never used"),
    ("implied", "implied-require", "a require of what needs none"),
    ("ownaddress", "own-address", "a redirect to the user's own address"),
)

# They look at one test or action: what they say is certain whatever is wrong elsewhere in the file.
ALONE = frozenset(("constant", "impossible", "addresspart", "addressheader", "everything", "exponential", "ownaddress"))


def problems(rules: Rules, sources: Sources, *, whole: bool = True) -> tuple[Problem, ...]:
    """The warnings of all lints: one for a place and a kind of mistake, and of what is never reached only that.

    `whole` False: the plan is what is left of a file with errors, and only those that look at one test or action are
    asked.
    """
    found: dict[tuple[object, ...], Problem] = {}
    for file, code, _what in TABLE:
        if not whole and file not in ALONE:
            continue
        for one in importlib.import_module(f"mdafilter.lint.{file}").find(rules):
            at = Where(one.at.file, one.at.line, one.at.column)
            length = one.at.length
            if one.near and (there := sources.find(at, one.near)) != at:
                at, length = there, len(one.near)
            source = sources.line(at)
            length = max(1, min(length, len(source) - at.column + 1))
            problem = Problem(at.file, at.line, at.column, one.text, one.hint, source, length, "warning", code)
            found.setdefault((at, code), problem)
    return tuple(sorted(found.values(), key=lambda problem: (problem.file, problem.line, problem.column)))
