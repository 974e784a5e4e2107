"""Lookup tables as files: read, parsed, and kept in this process for as long as the file stays the same.

In:    the path of a table, as rulebook.Folders.table found it. What may stand in it: lang/tables/access.py.
Out:   the line that is found, or None. Wrong lines are passed over as Postfix does; `mdafilter check` shows them.
Fails: RuleFailed for a table that is missing, cannot be read, is too long or no text, or is the user's own and others
       may write to it: "not found" would be a wrong answer, so the message is kept and the journal says why.
Known bugs: of two changes within one tick of the clock (some milliseconds) that leave the size as it was, a process
       that has looked in between sees the first one alone. Write a new file and rename it, as all good editors do.
"""

from __future__ import annotations

import os
import stat
import time

from mdafilter import limits, recall, rulebook
from mdafilter.errors import RuleErrors, RuleFailed
from mdafilter.lang.tables import access
from mdafilter.values import TYPE_CHECKING
from mdafilter.world import Found

if TYPE_CHECKING:
    from io import BufferedReader
    from typing import TypeAlias

    from mdafilter.lang.tables.access import Access

    Mark: TypeAlias = tuple[int, ...]

_kept: dict[str, tuple[Mark, bool, Access]] = {}  # the bool: it had settled (recall.py) when it was read


def found(path: str, kind: str, value: str, delimiter: str) -> Found | None:
    """What a table has for a value; access.Access.find explains the rest."""
    entry = load(path).find(kind, value, delimiter)
    if entry is None:
        return None
    action, text = access.named(entry.result)
    return Found(entry.key, entry.result, action, text, rulebook.shown(path), entry.line)


def load(path: str) -> Access:
    """The table in this file. RuleFailed."""
    try:
        with open(path, "rb", opener=_opened) as file:
            return _load(path, file)
    except (OSError, ValueError) as failed:  # ValueError: a name that no file has
        # The message is kept by RuleFailed; the rest of that rule file is not run.
        raise RuleFailed(f"the table {path} cannot be read: {getattr(failed, 'strerror', failed)}") from failed


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOCTTY | os.O_NONBLOCK)  # a pipe is not waited for


def _load(path: str, file: BufferedReader) -> Access:
    info = os.fstat(file.fileno())
    mark = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)  # ctime: chmod and chown too
    settled = recall.settled(info.st_ctime_ns, time.time_ns())
    known = _kept.get(path)
    if known is not None and known[0] == mark and (known[1] or not settled):
        return known[2]
    if not stat.S_ISREG(info.st_mode):
        raise RuleFailed(f"the table {path} is no file")
    if rulebook.is_users(path) and (why := rulebook.writable_by_others(path)):
        raise RuleFailed(f"the table {path} is not used: {why}")
    try:
        table = access.parse(file.read(min(info.st_size, limits.TABLE_OCTETS) + 1), rulebook.shown(path))
    except RuleErrors as wrong:
        raise RuleFailed(f"the table {path} is not used: {wrong.problems[0].text}") from wrong
    _kept.pop(path, None)
    if len(_kept) >= limits.TABLES:
        del _kept[next(iter(_kept))]  # the one that was read first
    _kept[path] = (mark, settled, table)
    return table
