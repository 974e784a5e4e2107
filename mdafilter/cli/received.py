"""The way of a message from its Received fields: who took it from whom, when, and how long each step took.

RFC 5321 section 4.4: `from X (comment) by Y (comment) via V with W id I for <A>; date`. Each host puts its field on
top, so the last field is the first step. What is below the first trusted host may be invented by the sender.

In:    the values of the Received fields, as they stand in the message (newest first).
Out:   Hops in the order in which the message went. A clause that is not there is "", a date that is none is None.
Fails: never. The walk over a field is linear.
"""

from __future__ import annotations

from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CLAUSES = ("from", "by", "via", "with", "id", "for")
_FIELD = 4000  # characters of one field that are looked at
_DATE = 100  # characters of one date


class Hop(NamedTuple):
    """One step. `time` in seconds since the epoch; `delay` in seconds since the step before, None where not known."""

    clauses: dict[str, str]
    date: str
    time: float | None
    delay: float | None


def path(values: Sequence[str]) -> tuple[Hop, ...]:
    """The hops, the first one first."""
    hops: list[Hop] = []
    before: float | None = None
    for value in reversed(values):
        text, _, date = value[:_FIELD].rpartition(";")
        if not text:
            text, date = date, ""
        time = seconds(date)
        delay = time - before if time is not None and before is not None else None
        hops.append(Hop(dict(_clauses(text)), date.strip(), time, delay))
        before = before if time is None else time
    return tuple(hops)


def seconds(date: str) -> float | None:
    """The time of a date (RFC 5322 section 3.3) in seconds since the epoch, or None."""
    try:
        parsed = parsedate_tz(date.strip()[:_DATE])
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None  # the standard library raises these for dates of no calendar


def _clauses(text: str) -> Iterator[tuple[str, str]]:
    """Each clause with its text, comments included: they hold what the host itself found out about its client."""
    name, words, seen = "", list[str](), set[str]()
    for word, comment in _words(text):
        if not comment and word.lower() in CLAUSES and word.lower() not in seen:
            if name:
                yield name, " ".join(words)
            name, words = word.lower(), []
            seen.add(name)
        else:
            words.append(word)
    if name:
        yield name, " ".join(words)


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Words, and comments as a whole: (text, is a comment). A comment that is not closed goes on to the end."""
    depth, comment = 0, list[str]()
    for word in text.replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            depth += 1
        elif word == ")" and depth:
            depth -= 1
            if not depth:
                yield f"({' '.join(comment)})", True
                comment = []
        elif depth:
            comment.append(word)
        else:
            yield word, False
    if comment:
        yield f"({' '.join(comment)})", True
