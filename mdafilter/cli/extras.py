"""What `check` says where rules open archives and a package that opens some of them is not installed.

In:    a compiled rule file
Out:   a warning at the first rule of each file that asks for what is in archives, if py7zr or rarfile is missing
Fails: never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.archives.foreign import missing
from mdafilter.errors import Problem
from mdafilter.plan import Branch, Plan
from mdafilter.texts import Where
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


def warnings(plan: Plan) -> tuple[Problem, ...]:
    """The warnings; () where all is there, or nothing of it is needed."""
    packages = missing()
    if not packages:
        return ()
    first: dict[str, Where] = {}
    for at in _opening(plan, Where(plan.source, 1)):
        first.setdefault(at.file, at)
    formats = " and ".join({"py7zr": "7z", "rarfile": "rar"}[package] for package in packages)
    text = f"{formats} archives will not be looked into: {' and '.join(packages)} cannot be imported"
    hint = "install mdafilter[archives]; until then such an attachment has the fact not-opened"
    return tuple(Problem(at.file, at.line, at.column, text, hint, severity="warning") for at in first.values())


def _opening(value: object, at: Where) -> Iterator[Where]:
    """The places of the questions that open archives, wherever in the plan they stand."""
    waiting: list[tuple[object, Where]] = [(value, at)]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, Branch):
            at = value.at
        if getattr(value, "opens_archives", False):
            yield at
        if isinstance(value, Value):
            value = tuple(getattr(value, name) for name in value._fields)
        if isinstance(value, tuple):
            waiting.extend((item, at) for item in reversed(value))
