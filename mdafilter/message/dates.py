"""Dates in header fields: the date-time of RFC 5322 section 3.3, with the obsolete forms of section 4.3.

    Thu, 26 Nov 2026 10:03:07 +0100
    26 Nov 26 10:03 EST (from an old mailer)
    from a.example by b.example; Thu, 26 Nov 2026 10:03:07 +0100

RFC 5260 section 4: the date is all of the field, or what stands behind its last semicolon. Comments do not count, nor
does a semicolon in them or in a quoted string.

More than the grammar allows, because mail has it: no comma behind the day of the week, whole names of days and months,
hyphens in the date (26-Nov-2026), an hour of one digit, no zone (taken for UTC), the zone's name behind its offset.
Whether the day of the week is that of the date is not asked. Zones of one letter or an unknown name are UTC (section
4.3).

In:    the value of a field.
Out:   a Moment; None for what is no date, or one that no calendar has (31 Jun).
Fails: never; the time is linear in the length.
"""

from __future__ import annotations

import time

from mdafilter.values import Value

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ZONES = {"edt": -240, "est": -300, "cdt": -300, "cst": -360, "mdt": -360, "mst": -420, "pdt": -420, "pst": -480}
DAY = 24 * 60
_TOKENS = 20  # more than a date has
_BLANKS = frozenset(" \t\r\n")


class Moment(Value):
    """Minutes since 1970-01-01 00:00 UTC, seconds on top of them (60 is a leap second), and a zone in minutes."""

    minutes: int
    second: int
    zone: int = 0

    @property
    def day(self) -> int:
        """The days since 1970-01-01, in its zone."""
        return (self.minutes + self.zone) // DAY

    @property
    def minute(self) -> int:
        """The minutes since the day began, in its zone."""
        return (self.minutes + self.zone) % DAY

    def local(self) -> Moment:
        """The same in the zone of this system, as it was then."""
        try:
            zone = time.localtime(self.minutes * 60).tm_gmtoff // 60
        except (OverflowError, OSError):  # a year that this system does not know
            zone = 0
        return self.replace(zone=zone)


def moment(seconds: float) -> Moment:
    """The moment of a clock, in UTC."""
    return Moment(int(seconds // 60), int(seconds % 60))


def days(year: int, month: int, day: int) -> int:
    """The days from 1970-01-01 to a date of the Gregorian calendar. The year is taken to begin in March."""
    year -= month < 3
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469


def date(number: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    year = (number + 719468) * 400 // 146097  # within a year
    year += number >= days(year + 1, 3, 1)
    year -= number < days(year, 3, 1)
    rest = number - days(year, 3, 1)
    month = (5 * rest + 2) // 153
    return year + (month > 9), (month + 2) % 12 + 1, rest - (153 * month + 2) // 5 + 1


def zone(text: str) -> int | None:
    """The minutes of a zone like "+0100"."""
    digits = text[1:]
    if text[:1] not in ("+", "-") or len(digits) != 4 or not (digits.isascii() and digits.isdigit()):
        return None
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return minutes if text[0] == "+" else -minutes


def parse(value: str) -> Moment | None:
    """The date in the value of a field."""
    words = _words(_date_of(value))
    if words and words[0].isalpha():
        if not _named(DAYS, words.pop(0)):
            return None
        if words[:1] == [","]:
            del words[0]
    if words[1:2] == ["-"] == words[3:4]:
        del words[3], words[1]
    if len(words) < 6 or words[4] != ":":
        return None
    year, month, day = _year(words[2]), _named(MONTHS, words[1]), _number(words[0], 1, 2)
    if year is None or not month or day is None:
        return None
    number = days(year, month, day)
    hour, minute, second, rest = _number(words[3], 1, 2), _number(words[5], 2, 2), 0, words[6:]
    if rest[:1] == [":"]:
        given = _number(rest[1] if len(rest) > 1 else "", 2, 2)
        second, rest = 61 if given is None else given, rest[2:]
    offset = _zone(rest)
    if hour is None or minute is None or offset is None or date(number) != (year, month, day):
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Moment(number * DAY + hour * 60 + minute - offset, second, offset)


def _date_of(value: str) -> str:
    """What stands behind the last semicolon, or all; without comments."""
    out: list[str] = []
    depth, quote, characters = 0, False, iter(value)
    for c in characters:
        if c == "\\":
            next(characters, "")
        elif quote:
            quote = c != '"'
        elif c == "(":
            depth += 1
            out.append(" ")
        elif c == ")" and depth:
            depth -= 1
        elif depth:
            continue
        elif c == '"':
            quote = True
        elif c == ";":
            out.clear()
        else:
            out.append(c)
    # A comment or string that is never closed is none.
    return value.rpartition(";")[2] if depth or quote else "".join(out)


def _words(text: str) -> list[str]:
    """Runs of letters and of digits, and every other character by itself. [] where these are more than a date has."""
    out: list[str] = []
    start, kind = 0, ""
    for at, c in enumerate(text + "\n"):
        now = "a" if c.isalpha() else "0" if "0" <= c <= "9" else ""
        if now and now == kind:
            continue
        if kind:
            out.append(text[start:at])
        if not now and c not in _BLANKS:
            out.append(c)
        if len(out) > _TOKENS:
            return []
        start, kind = at, now
    return out


def _number(text: str, least: int, most: int) -> int | None:
    """A number of so many digits."""
    return int(text) if text[:1] in _DIGITS and least <= len(text) <= most else None


_DIGITS = frozenset("0123456789")


def _named(names: tuple[str, ...], text: str) -> int:
    """Which of the names (from 1) that is, whole or shortened to three letters or more; 0 is none."""
    known = [n for n, name in enumerate(names, 1) if len(text) >= 3 and name.lower().startswith(text.lower())]
    return known[0] if known else 0


def _year(text: str) -> int | None:
    """RFC 5322 section 4.3: years of two and three digits."""
    year = _number(text, 2, 4)
    if year is None or len(text) == 4:
        return year
    return year + (2000 if len(text) == 2 and year < 50 else 1900)


def _zone(words: list[str]) -> int | None:
    """The minutes of an offset, with a name behind it or not; of a name (section 4.3); of nothing."""
    if words and words[0] in ("+", "-"):
        minutes = zone("".join(words[:2]))
        wrong = minutes is None or abs(minutes) % 60 != int(words[1][2:]) or any(not w.isalpha() for w in words[2:])
        return None if wrong or len(words) > 3 else minutes
    if any(not word.isalpha() for word in words) or len(words) > 1:
        return None
    return ZONES.get(words[0].lower(), 0) if words else 0
