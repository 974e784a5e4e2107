"""What `check` says of what rules need beside themselves: what opens archives, lookup tables, programs.

In:    a compiled rule file; the folders of programs, by what they are for
Out:   a warning at the first rule of each file that asks for what is in archives, for each line of `TABLE` whose opener
       (mdafilter/archives) is missing something; for each rule that names a table, a warning if it cannot be read, else
       what is wrong in the table; for each pipe, filter and execute a warning if its program would not be run
Fails: never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter import lookups, programs
from mdafilter.archives import bsdtar, rar, seven
from mdafilter.errors import Problem, RuleFailed
from mdafilter.plan import Branch, Do, Plan, Rewrite, Set
from mdafilter.texts import Where
from mdafilter.values import Value
from mdafilter.words.lookup import Lookup
from mdafilter.words.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mdafilter.rulebook import Folders

# what is missing   what that means   what to do
TABLE: tuple[tuple[Callable[[], str], str, str], ...] = (
    (
        seven.missing,
        "7z archives will not be looked into, or only by bsdtar, which tells of no password",
        "pip install '.[archives]' in the sources of mdafilter",
    ),
    (rar.missing, "what is packed in rar archives will be known by its name only", "apt-get install unar"),
    (bsdtar.missing, "cab, xar, lha, cpio and ar archives will not be looked into", "apt-get install libarchive-tools"),
)


def warnings(plan: Plan) -> tuple[Problem, ...]:
    """The warnings; () where all is there, or nothing of it is needed."""
    found = [(f"{effect}: {text}", hint) for missing, effect, hint in TABLE if (text := missing())]
    if not found:
        return ()
    first: dict[str, Where] = {}
    for value, at in _values(plan):
        if getattr(value, "opens_archives", False):
            first.setdefault(at.file, at)
    until = "; until then such an attachment has the fact not-opened"
    return tuple(
        Problem(at.file, at.line, at.column, text, hint + until, severity="warning")
        for at in first.values()
        for text, hint in found
    )


def tables(plan: Plan, library: Folders) -> Iterator[tuple[str, tuple[Problem, ...]]]:
    """The path of each table that a rule names, and the problems; a name with variables is known at delivery only."""
    for value, at in _values(plan):
        if isinstance(value, Lookup) and isinstance(value.table, str):
            path = library.table(value.table, value.rule)
            try:
                yield path, lookups.load(path).problems
            except RuleFailed as failed:
                hint = "as long as this is so, the message is kept where the rule is reached"
                yield path, (Problem(at.file, at.line, at.column, str(failed), hint, severity="warning"),)


def missing_programs(plan: Plan, folders: Mapping[str, str]) -> Iterator[Problem]:
    """What a delivery would say of each program; pipe :try is left to it."""
    for value, at in _values(plan):
        program = getattr(value, "program", None)
        if not isinstance(program, Program) or getattr(value, "attempt", False):
            continue
        try:
            programs.program(folders.get(program.kind, ""), program.name)
        except RuleFailed as failed:
            hint = f"[sieve] {program.kind}_bin_dir names the folder; as long as this is so, the message is kept"
            yield Problem(at.file, at.line, at.column, str(failed), hint, severity="warning", code="missing-program")


def _values(plan: Plan) -> Iterator[tuple[Value, Where]]:
    """All that a plan is made of, and the places of the questions and actions that it stands in."""
    waiting: list[tuple[object, Where]] = [(plan, Where(plan.source, 1))]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, Branch | Do | Rewrite | Set):
            at = value.at
        if isinstance(value, Value):
            yield value, at
            value = tuple(getattr(value, name) for name in value._fields)
        if isinstance(value, tuple):
            waiting.extend((item, at) for item in reversed(value))
