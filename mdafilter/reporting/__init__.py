"""Reporting: what became of the mail, day by day, and what lies in the spam folder until it expires.

    journal/read.py   train/ledger.py   the Maildir
            |                |           |       |
            +----------- gather.py ------+   folder.py    what is in a folder, read
                             |                   |
                          days.py             filed.py    which of it we filed there, and nobody touched (pure)
                             |                   |
    cli/report_text.py  page.py  digest.py  cli/expire.py
         (terminal)     (HTML)    (mail)

Nothing here is on the way of a message, and nothing here changes one. The one thing that removes anything is
`folder.remove`, for `mdafilter expire`. Root looks at the mail of others with their rights alone (rights.py).

Every text that a message brought (subject, sender, names) is hostile: report_text.py lets only what prints to the
terminal, page.py escapes it.
"""

from __future__ import annotations

from mdafilter.values import Value

COLUMNS = ("delivered", "spam", "rescued", "reported", "learned")  # of a Day, in the order in which they are shown
TITLES = {
    "delivered": "delivered",
    "spam": "filed as spam",
    "rescued": "rescued",
    "reported": "reported",
    "learned": "learned",
}
MEANING = {
    "delivered": "messages that were delivered, those filed as spam among them",
    "spam": "of these, filed into a folder for spam",
    "rescued": "of what was filed as spam that day: moved elsewhere since, or taught as no spam",
    "reported": "messages that readers reported, as spam or as none",
    "learned": "of the reported ones, learned by a scorer",
}


class Day(Value):
    """One day of the local calendar."""

    date: str  # 2026-11-26
    delivered: int = 0
    spam: int = 0
    rescued: int = 0
    reported: int = 0
    learned: int = 0

    def numbers(self) -> tuple[int, ...]:
        """As COLUMNS has them."""
        return (self.delivered, self.spam, self.rescued, self.reported, self.learned)


class Item(Value):
    """A message in the spam folder. The texts are one printable line each."""

    time: float  # when it was filed
    expires: float  # when `expire` may remove it: not before now
    size: int = 0
    rule: str = ""  # file:line
    sender: str = ""
    subject: str = ""


class Summary(Value):
    """What a report tells. The first day is the oldest; of the `held` messages that expire first."""

    who: str  # a user, or the site
    days: tuple[Day, ...]
    folder: str = ""  # whose messages are held, as rules write it
    held: tuple[Item, ...] = ()
    held_count: int = 0
    held_octets: int = 0
    notes: tuple[str, ...] = ()  # what could not be counted, and why

    def total(self) -> Day:
        """All days together; its date is that of the first and of the last."""
        sums = [sum(column) for column in zip(*(day.numbers() for day in self.days), strict=True)]
        return Day(self.span, *sums)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no mail, nothing that was reported, nothing that expires, no note."""
        return not (any(self.total().numbers()) or self.held_count or self.notes)

    @property
    def span(self) -> str:
        """From when to when."""
        first, last = self.days[0].date, self.days[-1].date
        return first if first == last else f"{first} to {last}"


def both(one: Summary, other: Summary) -> Summary:
    """Two Maildirs of one user, or two users, of the same days."""
    if len(one.days) != len(other.days):
        raise ValueError("these are not the same days")
    pairs = zip(one.days, other.days, strict=True)
    days = (Day(a.date, *(x + y for x, y in zip(a.numbers(), b.numbers(), strict=True))) for a, b in pairs)
    return one.replace(
        days=tuple(days),
        held=tuple(sorted((*one.held, *other.held), key=lambda item: item.time)),
        held_count=one.held_count + other.held_count,
        held_octets=one.held_octets + other.held_octets,
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
    )
