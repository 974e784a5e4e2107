"""What the checks have in common that look something up in tables: reading them, and saying what an entry says.

In:    names of files; an Entry.
Out:   Files, which find entries: in the tables of the admin first, then in the lists of others. Opinions.
Fails: ConfigError with all faults of all files; warnings go to `alert`, the first of each check in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mdafilter_policyd import actions
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.opinion import Opinion
from mdafilter_policyd.tablefiles import Reports, read_lists, read_tables
from mdafilter_policyd.tables import NOTHING, Entry, Table

SHOWN = 5  # warnings in one alert


@dataclass(frozen=True)
class Files:
    """The tables, and the lists."""

    tables: Table
    lists: Table

    def find(self, look: Callable[[Table], int]) -> Entry | None:
        """The entry that decides."""
        for table in (self.tables, self.lists):
            row = look(table)
            if row != NOTHING:
                return table.entry(row)
        return None


def read(
    check: str,
    tables: Sequence[str],
    lists: Sequence[str] = (),
    lists_action: str = "REJECT",
    alert: Callable[[str], None] = lambda _text: None,
    *,
    mail: bool = False,
) -> Files:
    """Reads all files of a check. ConfigError."""
    reports = Reports()
    if wrong := actions.fault(lists_action):
        reports.faults.append(Fault(check, 0, 0, f"lists_action: {wrong[0]}", wrong[1]))
    found = Files(read_tables(tables, reports), read_lists(lists, lists_action, reports, mail=mail))
    if reports.faults:
        raise ConfigError(reports.faults)
    if reports.warnings:
        more = len(reports.warnings) - SHOWN
        lines = [f"{check}: {warning}" for warning in reports.warnings[:SHOWN]]
        alert("\n".join([*lines, *([f"{check}: and {more} more"] if more > 0 else [])]))
    return found


def judge(entry: Entry | None, refused: str, url: str = "") -> tuple[Opinion, ...]:
    """What an entry says; `refused` is the text of a refusal that has none."""
    if entry is None:
        return ()
    return (actions.opinion(entry.result, f"{entry.place}: {entry.result}", refused, url),)
