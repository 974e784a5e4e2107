"""What the checks did, counted: from the decisions.

    check           refused  deferred  came back  never came back  accepted  would have refused  would have deferred

"Came back": what a check deferred, and let in afterwards. A message is known again by its sender and recipient, and by
the network of its client where there is no sender. What was deferred less than `patience` ago may still come.

In:    Entry values (decisions.py), oldest first.
Out:   a Report; as a table or as JSON.
Memory: a few dozen octets for each pair of sender and recipient that was deferred.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from mdafilter_policyd.decisions import Entry

PATIENCE = 24 * 3600.0  # a server that tries again does so within hours (RFC 5321 section 4.5.4.1)


@dataclass
class Counts:
    """Of one check."""

    refused: int = 0
    deferred: int = 0  # answers; one message may be deferred several times
    came_back: int = 0  # messages
    waiting: int = 0
    never_came_back: int = 0
    accepted: int = 0
    would_refuse: int = 0
    would_defer: int = 0
    would_accept: int = 0


@dataclass
class Report:
    """All of them. `answers` are all, `passed` those that no check had anything to say about."""

    first: float = 0.0
    last: float = 0.0
    answers: int = 0
    passed: int = 0
    checks: dict[str, Counts] = field(default_factory=dict)


def kind(action: str) -> str:
    """ "refuse", "defer", "pass" or "other": what an action of access(5) means for the client."""
    word = action.partition(" ")[0].upper()
    if word in ("REJECT", "DISCARD") or (word.isdigit() and word.startswith("5")):
        return "refuse"
    if word.startswith("DEFER") or (word.isdigit() and word.startswith("4")):
        return "defer"
    return "pass" if word in ("DUNNO", "OK", "PREPEND") else "other"


def count(entries: Iterable[Entry], now: float, patience: float = PATIENCE) -> Report:
    """The report of these decisions."""
    report = Report()
    checks: defaultdict[str, Counts] = defaultdict(Counts)
    waiting: dict[tuple[str, str, str], tuple[str, float]] = {}  # by whom it was deferred, and when last
    for entry in entries:
        report.first = report.first or entry.time
        report.last = max(report.last, entry.time)
        report.answers += 1
        match kind(entry.action):
            case "refuse":
                checks[entry.by].refused += 1
            case "defer":
                checks[entry.by].deferred += 1
                if entry.recipient:
                    waiting[message(entry)] = entry.by, entry.time
            case "pass":
                if entry.by:
                    checks[entry.by].accepted += 1
                else:
                    report.passed += 1
                check, _when = waiting.pop(message(entry), ("", 0.0)) if waiting else ("", 0.0)
                if check:
                    checks[check].came_back += 1
        for check, action in entry.would:
            _would(checks[check], kind(action))
    for check, when in waiting.values():
        if now - when > patience:
            checks[check].never_came_back += 1
        else:
            checks[check].waiting += 1
    report.checks = dict(sorted(checks.items()))
    return report


def table(report: Report) -> str:
    """For a terminal."""
    columns = [f.name for f in dataclasses.fields(Counts)]
    rows = [["check", *(name.replace("_", " ") for name in columns)]]
    rows += [[check or "-", *(str(getattr(c, n)) for n in columns)] for check, c in report.checks.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    return "\n".join([*lines, "", f"{report.answers} answers, {report.passed} without a word against it"])


def as_json(report: Report) -> str:
    """For programs."""
    return json.dumps(dataclasses.asdict(report), indent=2)


def _would(counts: Counts, meaning: str) -> None:
    if meaning == "refuse":
        counts.would_refuse += 1
    elif meaning == "defer":
        counts.would_defer += 1
    elif meaning == "pass":
        counts.would_accept += 1


def message(entry: Entry) -> tuple[str, str, str]:
    """By which a message that comes again is known."""
    separator = ":" if ":" in entry.client else "."
    network = separator.join(entry.client.split(separator)[: 4 if separator == ":" else 3])
    return entry.sender.lower(), entry.recipient.lower(), "" if entry.sender else network
