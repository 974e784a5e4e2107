"""What the journal and the ledger tell, counted by days of the local calendar.

In:    facts of the journal, newest first; lines of the ledger; when the first day begins.
Out:   Filed: what was delivered, and which of it was filed as spam. Taught: what was reported and learned.
       `days` puts both together, with what was rescued.
Fails: never; what is of no day of the report (a time that no calendar has, too) is not counted.

A message of several copies (fileinto :copy) is one delivery; it is filed as spam if one of its folders is for spam.
Deferred tries are no deliveries. Archives that were learned (`train spam PATH`) were not reported by readers, and count
nowhere. The lines of several teachers for one message are one.
"""

from __future__ import annotations

import datetime
import time

from mdafilter import limits
from mdafilter.journal import Entry
from mdafilter.reporting import Day
from mdafilter.train.folders import base
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mdafilter.journal import Event
    from mdafilter.train.ledger import Line

HAD = ("learned", "changed")  # the results that mean that a scorer has learned something new
STANDS = ("learned", "changed", "known")


class Spam(Value):
    """A message that was filed as spam."""

    date: str
    message_id: str  # "" where it has none
    names: frozenset[str]  # the bases of its files


class Filed(Value):
    """What was delivered: how many messages on each day, and each that was filed as spam."""

    delivered: Mapping[str, int]
    spam: tuple[Spam, ...]


class Taught(Value):
    """What was taught: the numbers for each day, and the Message-IDs that are no spam by the last word."""

    reported: Mapping[str, int]
    learned: Mapping[str, int]
    ham: frozenset[str]


def dates(now: float, count: int) -> tuple[str, ...]:
    """The last so many days, today among them; the oldest first."""
    today = datetime.date.fromtimestamp(now)
    return tuple((today - datetime.timedelta(days=back)).isoformat() for back in reversed(range(count)))


def begin(date: str) -> float:
    """When the day begins, in the local zone."""
    return time.mktime(datetime.datetime.fromisoformat(date).timetuple())


def date_of(seconds: float) -> str:
    """The day of a time; "" where no calendar has it."""
    try:
        return time.strftime("%Y-%m-%d", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return ""


def filed(
    facts: Iterable[Entry | Event],
    since: float,
    is_spam: Callable[[str, str], bool],
    whose: Callable[[Entry], str | None],
) -> dict[str, Filed]:
    """Of each user. `whose` says which one a delivery is of, None for none; `is_spam`, whether what an act of his names
    (Filed.to) is a folder for spam."""
    told: dict[str, tuple[dict[str, int], list[Spam]]] = {}
    for fact in facts:
        if fact.time < since - limits.DELIVERY_SECONDS:
            break  # a line stands behind those of deliveries that ended before it, give or take one delivery
        if not isinstance(fact, Entry) or fact.status != "delivered" or fact.time < since:
            continue
        if (user := whose(fact)) is None:
            continue
        delivered, spam = told.setdefault(user, ({}, []))
        date = date_of(fact.time)
        delivered[date] = delivered.get(date, 0) + 1
        into = [act for act in fact.acts if act.action == "file" and act.done and is_spam(user, act.to)]
        if into:
            names = frozenset(base(act.name) for act in into if act.name)
            spam.append(Spam(date, fact.message_id, names))
    return {user: Filed(delivered, tuple(spam)) for user, (delivered, spam) in told.items()}


def more(one: Filed, other: Filed) -> Filed:
    """Of two journals of the same user."""
    sums = {date: one.delivered.get(date, 0) + count for date, count in other.delivered.items()}
    return Filed({**one.delivered, **sums}, (*one.spam, *other.spam))


def taught(lines: Iterable[Line]) -> Taught:
    """The lines in any order."""
    reported: dict[str, set[tuple[str, str]]] = {}
    learned: dict[str, set[tuple[str, str]]] = {}
    last: dict[str, tuple[int, str]] = {}
    for line in lines:
        if line.message_id and line.result in STANDS:
            last[line.message_id] = max(last.get(line.message_id, (-1, "")), (line.id, line.verdict))
        if line.source == "archive":
            continue
        date, which = date_of(line.time), (line.report, line.hash or line.message_id or str(line.id))
        reported.setdefault(date, set()).add(which)
        if line.result in HAD:
            learned.setdefault(date, set()).add(which)
    ham = frozenset(name for name, (_id, verdict) in last.items() if verdict == "ham")
    return Taught(
        {date: len(found) for date, found in reported.items()},
        {date: len(found) for date, found in learned.items()},
        ham,
    )


def days(
    wanted: tuple[str, ...], told: Filed, taught: Taught, elsewhere: frozenset[str] = frozenset()
) -> tuple[Day, ...]:
    """The days. `elsewhere` are Message-IDs and bases of what was filed as spam, and lies in another folder now."""
    spam: dict[str, int] = {}
    rescued: dict[str, int] = {}
    for one in told.spam:
        spam[one.date] = spam.get(one.date, 0) + 1
        if one.message_id in taught.ham or one.message_id in elsewhere or one.names & elsewhere:
            rescued[one.date] = rescued.get(one.date, 0) + 1
    columns = (told.delivered, spam, rescued, taught.reported, taught.learned)
    return tuple(Day(date, *(column.get(date, 0) for column in columns)) for date in wanted)
