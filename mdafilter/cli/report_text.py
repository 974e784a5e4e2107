"""A report for the terminal, and for the text of a letter: a table of days with a bar each, and what will expire.

    Mail of alice, 2026-11-25 to 2026-11-26

                delivered  filed as spam  rescued  reported  learned
    2026-11-25         41             12        1         2        2  =====##
    2026-11-26        120             30        0         0        0  ==============#####
    all               161             42        1         2        2
                                                                      = mail  # filed as spam

In:    a Summary; the width in characters.
Out:   lines in which every character prints: ASCII, but for what messages say. Colour only if it is asked for.
Fails: never. Where there is no room for bars there are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.cli.terminal import printable, short, size, style
from mdafilter.reporting import TITLES
from mdafilter.reporting.days import date_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.reporting import Day, Summary

LEAST, MOST = 8, 60  # characters of a bar
LEGEND = len("= mail  # filed as spam")


def render(summary: Summary, width: int, colour: bool = False) -> Iterator[str]:
    """The lines."""
    yield from (style(line, "bold", colour) for line in wrapped(f"Mail of {summary.who}, {summary.span}", width))
    yield ""
    yield from _table(summary, width, colour)
    yield from _held(summary, width)
    if summary.notes:
        yield ""
        for note in summary.notes:
            yield from wrapped(f"Note: {note}.", width)


def wrapped(text: str, width: int) -> list[str]:
    """A sentence in lines that are no longer; a word that is longer is not cut."""
    from textwrap import wrap

    return wrap(printable(text), max(width, 20), break_long_words=False, break_on_hyphens=False)


def _table(summary: Summary, width: int, colour: bool) -> Iterator[str]:
    titles = list(TITLES.values())
    total = summary.total()
    widths = [max(len(title), len(str(number))) for title, number in zip(titles, total.numbers(), strict=True)]
    columns = 10 + sum(2 + each for each in widths)
    room = min(MOST, width - columns - 2)
    most = max(day.delivered for day in summary.days)
    yield " " * 10 + "".join(f"  {title:>{each}}" for title, each in zip(titles, widths, strict=True))
    for day in summary.days:
        bar = _bar(day, most, room, colour) if room >= LEAST else ""
        yield f"{_row(day.date, day, widths)}  {bar}".rstrip()
    yield _row("all", total, widths)
    if room >= LEAST and most:
        mail, spam = style("=", "green", colour), style("#", "red", colour)
        yield f"{' ' * (columns + 2 + min(0, room - LEGEND))}{mail} mail  {spam} filed as spam"


def _row(name: str, day: Day, widths: list[int]) -> str:
    cells = zip(day.numbers(), widths, strict=True)
    return f"{name:<10}" + "".join(f"  {number:>{each}}" for number, each in cells)


def _bar(day: Day, most: int, room: int, colour: bool) -> str:
    """Mail and spam as parts of the largest day; what is not nothing has a character at least."""
    mail, spam = (_length(count, most, room) for count in (day.delivered - day.spam, day.spam))
    if mail + spam > room:  # both were rounded up
        mail, spam = (room - spam, spam) if mail > spam else (mail, room - mail)
    return style("=" * mail, "green", colour) + style("#" * spam, "red", colour)


def _length(count: int, most: int, room: int) -> int:
    return max(1, (2 * count * room + most) // (2 * most)) if count > 0 and most > 0 else 0


def _held(summary: Summary, width: int) -> Iterator[str]:
    if not summary.folder:
        return
    count = summary.held_count
    where = f"the folder {summary.folder}"
    yield ""
    if not count:
        yield from wrapped(f"In {where} there is nothing that mdafilter filed and nobody touched.", width)
        return
    what = "is one message" if count == 1 else f"are {count} messages"
    end = ":" if summary.held else "."
    octets = size(summary.held_octets)
    yield from wrapped(f"In {where} {what} ({octets}) that mdafilter filed and nobody touched{end}", width)
    if not summary.held:
        return
    yield ""
    yield "filed on    expires on  from and subject"
    rest = max(20, width - 24)
    for item in summary.held:
        about = f"{short(item.sender, rest // 3)}: {item.subject}" if item.sender else item.subject
        yield f"{date_of(item.time):<10}  {date_of(item.expires):<10}  {short(about, rest)}".rstrip()
    if count > len(summary.held):
        yield f"and {count - len(summary.held)} more"
