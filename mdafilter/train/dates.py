"""Whether a date that a mail program shows, in any language and time zone, can be that of a Date field.

    same("Thu, 26 Nov 2026 10:03:00 +0100", "26.11.26 um 10:03")        True
    same("Thu, 26 Nov 2026 10:03:00 +0100", "jeudi 26 novembre 2026 à 04 h 03")     True: another time zone

A shown date with a zone (RFC 5322 section 3.3) is compared to the minute. Of any other the numbers are: its year, its
day or the one before or after it, and, where it has a time, the minutes. Zones are apart by quarters of an hour.

In:    the value of a Date field, and the text that was shown
Out:   whether they can mean the same moment. A Date that is none is only like the same text
Fails: never.
"""

from __future__ import annotations

import re
import time
from email.utils import mktime_tz, parsedate_tz

_LONGEST = 100  # characters of a date
_NUMBER = re.compile(r"\d+")
_TIME = re.compile(r"(?<![\d.])(\d{1,2})(?:\s?[:h時时시]\s?|\.)(\d{2})(?!\d)(?!\.\d)")
_DAY = 86400
_QUARTER = 15  # minutes


def same(date: str, shown: str) -> bool:
    """Whether the Date can be what is shown."""
    date, shown = " ".join(date[:_LONGEST].split()), " ".join(shown[:_LONGEST].split())
    if date == shown:
        return True
    at, also = _seconds(date), _seconds(shown)
    if at is None:
        return False
    if also is not None and _has_zone(shown):
        return at // 60 == also // 60
    numbers = [int(number) for number in _NUMBER.findall(shown)]
    if not any(_is_day(time.gmtime(at + shift), numbers) for shift in (-_DAY, 0, _DAY)):
        return False
    minutes = [int(minute) for _, minute in _TIME.findall(shown)]
    return not minutes or any(minute % _QUARTER == int(at // 60) % _QUARTER for minute in minutes)


def _is_day(day: time.struct_time, numbers: list[int]) -> bool:
    """Whether the numbers have the day and the year: all four digits of it, or where none has so many, two."""
    if any(number > 1900 for number in numbers):
        return day.tm_mday in numbers and day.tm_year in numbers
    year = day.tm_year % 100
    return day.tm_mday in numbers and numbers.count(year) > (year == day.tm_mday)


def _seconds(date: str) -> float | None:
    """Seconds since the epoch of a date of RFC 5322, of years that gmtime(3) knows."""
    try:
        parsed = parsedate_tz(date)
        at = None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None  # the standard library raises these for dates of no calendar
    return at if at is not None and abs(at) < 1e11 else None


def _has_zone(date: str) -> bool:
    parsed = parsedate_tz(date)
    return parsed is not None and parsed[9] is not None and bool(re.search(r"[+-]\d{4}|\b(GMT|UTC?)\b", date))
