"""The date-time of RFC 5322, and what mail has instead of it."""

from __future__ import annotations

import datetime
import email.utils
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.message import dates
from mdafilter.message.dates import Moment
from tests.support.clock import linear


@pytest.fixture(params=["UTC0", "America/New_York", "Asia/Kathmandu"])
def local(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone of this system, as /etc/localtime or TZ say it."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def shown(text: str) -> str | None:
    """A date as ISO 8601 in its own zone."""
    at = dates.parse(text)
    if at is None:
        return None
    sign = "-" if at.zone < 0 else "+"
    year, month, day = dates.date(at.day)
    return (
        f"{year:04}-{month:02}-{day:02} {at.minute // 60:02}:{at.minute % 60:02}:{at.second:02}"
        f" {sign}{abs(at.zone) // 60:02}{abs(at.zone) % 60:02}"
    )


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Thu, 26 Nov 2026 10:03:07 +0100", "2026-11-26 10:03:07 +0100"),
        ("26 Nov 2026 10:03:07 +0100", "2026-11-26 10:03:07 +0100"),
        ("Thu, 5 Nov 2026 10:03 -0330", "2026-11-05 10:03:00 -0330"),
        ("thu, 26 NOV 2026 10:03:07 -0000", "2026-11-26 10:03:07 +0000"),
        ("  Thu,\t26 Nov   2026 10:03:07 +0100  ", "2026-11-26 10:03:07 +0100"),
        ("Thu, 31 Dec 1998 23:59:60 +0000", "1998-12-31 23:59:60 +0000"),
        ("29 Feb 2024 00:00:00 +0000", "2024-02-29 00:00:00 +0000"),
        ("29 Feb 2000 00:00:00 +0000", "2000-02-29 00:00:00 +0000"),
        ("1 Jan 0000 00:00:00 +0000", "0000-01-01 00:00:00 +0000"),
        # section 4.3: comments and blanks everywhere, short years, names of zones
        ("Fri (day), 21 (d) Nov (m) 1997 (y) 09(h):55(min):06 -0600 (z)", "1997-11-21 09:55:06 -0600"),
        ("Thu,(a (nested \\) one)) 26 Nov 2026 10 : 03 : 07 +0100", "2026-11-26 10:03:07 +0100"),
        ("Thu,26 Nov 2026 10:03:07+0100", "2026-11-26 10:03:07 +0100"),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21 09:55:06 +0000"),
        ("21 Nov 49 09:55:06 UT", "2049-11-21 09:55:06 +0000"),
        ("21 Nov 50 09:55:06 utc", "1950-11-21 09:55:06 +0000"),
        ("21 Nov 103 09:55:06 EDT", "2003-11-21 09:55:06 -0400"),
        ("21 Nov 1997 09:55:06 PST", "1997-11-21 09:55:06 -0800"),
        ("21 Nov 1997 09:55:06 A", "1997-11-21 09:55:06 +0000"),
        ("21 Nov 1997 09:55:06 CEST", "1997-11-21 09:55:06 +0000"),
        # in mail
        ("Thu 26 Nov 2026 10:03:07 +0100", "2026-11-26 10:03:07 +0100"),
        ("Thursday, 26 November 2026 10:03:07 +0100", "2026-11-26 10:03:07 +0100"),
        ("26-Nov-2026 10:03:07 +0100", "2026-11-26 10:03:07 +0100"),
        ("26 Sept 2026 9:03:07 +0100", "2026-09-26 09:03:07 +0100"),
        ("26 Nov 2026 10:03:07", "2026-11-26 10:03:07 +0000"),
        ("26 Nov 2026 10:03:07 +0100 CET", "2026-11-26 10:03:07 +0100"),
        ("Mon, 26 Nov 2026 10:03:07 +0100", "2026-11-26 10:03:07 +0100"),
    ],
)
def test_a_date(text: str, date: str) -> None:
    assert shown(text) == date


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "Thu, 26 Nov 2026",
        "Thu, 26 Nov 2026 10 +0100",
        "Foo, 26 Nov 2026 10:03:07 +0100",
        "26 Foo 2026 10:03:07 +0100",
        "26 N 2026 10:03:07 +0100",
        "26 11 2026 10:03:07 +0100",
        "2026-11-26T10:03:07Z",
        "126 Nov 2026 10:03:07 +0100",
        "26 Nov 20260 10:03:07 +0100",
        "26 Nov 6 10:03:07 +0100",
        "26 Nov 2026 10:3:07 +0100",
        "26 Nov 2026 10:03:7 +0100",
        "26 Nov 2026 10:03: +0100",
        "26 Nov 2026 10:03:",
        "26 Nov 2026 010:03:07 +0100",
        "26 Nov 2026 10:03:07 +100",
        "26 Nov 2026 10:03:07 +01000",
        "26 Nov 2026 10:03:07 +",
        "26 Nov 2026 10:03:07 0100",
        "26 Nov 2026 10:03:07 +0100 and more",
        "26 Nov 2026 10:03:07 and more",
        "26 Nov 2026 10:03:07 +0100 5",
        "٢٦ Nov 2026 10:03:07 +0100",
        "26 Nov 2026 10:03:07 (+0100",
    ],
)
def test_no_date(text: str) -> None:
    """RFC 5260 section 4: false where the field "does not contain a syntactically valid date-time specification"."""
    assert dates.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("32 Jan 2026 10:03:07", "0 Jan 2026 10:03:07", "31 Jun 2026 10:03:07"),
        *("29 Feb 2023 10:03:07", "29 Feb 1900 10:03:07"),
        *("1 Jan 2026 24:03:07", "1 Jan 2026 10:60:07", "1 Jan 2026 10:03:61"),
    ],
)
@pytest.mark.parametrize("zone", [" +0000", " +0060", ""])
def test_a_date_of_no_calendar(text: str, zone: str) -> None:
    """RFC 5260 section 4: "the date-time isn't valid according to the rules of the calendar system (e.g., January 32nd,
    February 29 in a non-leap year)"."""
    assert dates.parse(text + zone) is None


def test_an_offset_has_no_more_than_59_minutes() -> None:
    """RFC 5322 section 3.3: "the last two digits of the zone MUST be within the range 00 through 59"."""
    assert dates.parse("1 Jan 2026 10:03:07 -0159") is not None
    assert dates.parse("1 Jan 2026 10:03:07 -0160") is None


@pytest.mark.parametrize(
    "value",
    [
        "from a by b; {}",
        "from a (x; y) by b; {}",
        'from a with "x;y"; {}',
        "from a; 1 Jan 1999 00:00 +0000; {}",
        "from a; {} (which; is (not; so) sure)",
        "from a (never closed by b; {}",
        'from "never closed by b; {}',
        "from a\\; 1 Jan; {}",
        "x;{}",
    ],
)
def test_behind_the_last_semicolon(value: str) -> None:
    """RFC 5260 section 4: "appears at the end of a header field following a semicolon"; of several "the last one that
    appears SHOULD be used"."""
    assert shown(value.format("Thu, 26 Nov 2026 10:03:07 +0100")) == "2026-11-26 10:03:07 +0100"


def test_before_the_last_semicolon_is_no_date() -> None:
    assert dates.parse("Thu, 26 Nov 2026 10:03:07 +0100; x") is None


@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)), st.integers(-1439, 1439))
def test_every_date_is_read_as_the_standard_library_writes_it(when: datetime.datetime, offset: int) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    at = dates.parse(email.utils.format_datetime(when.replace(tzinfo=zone)))
    assert at is not None
    assert at.zone == offset
    assert dates.date(at.day) == (when.year, when.month, when.day)
    assert (at.minute, at.second) == (when.hour * 60 + when.minute, when.second)


@given(st.integers(-1_000_000, 4_000_000))
def test_days_and_dates(number: int) -> None:
    assert dates.days(*dates.date(number)) == number
    if -719162 <= number <= 2932896:
        day = datetime.date(1970, 1, 1) + datetime.timedelta(number)
        assert dates.date(number) == (day.year, day.month, day.day)


@given(st.text() | st.text('0123 :;+-(),\\"JanuryMo', max_size=60))
def test_whatever_is_there_is_a_date_or_none(text: str) -> None:
    at = dates.parse(text)
    assert at is None or 0 <= at.second <= 60


@pytest.mark.parametrize("piece", ["(", ")", "(a)", ";", '"', "\\", "1 Jan ", "1", "a", "1 Jan 2026 10:03:07 +0100;"])
def test_the_time_is_linear(piece: str) -> None:
    assert linear(dates.parse, piece * (400_000 // len(piece)))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("+0100", 60), ("-0130", -90), ("-0000", 0), ("+0099", 99), ("+9959", 99 * 60 + 59)]
    + [(text, None) for text in ("", "+", "0100", "+100", "+01000", "+01:0", "+٠١٠٠", "GMT", "--100", "+ 100")],
)
def test_a_zone(text: str, minutes: int | None) -> None:
    """RFC 5260 section 4.1: time-zone = ( "+" / "-" ) 4DIGIT"""
    assert dates.zone(text) == minutes


def test_the_zone_of_this_system_is_that_of_the_time(local: str) -> None:
    summer, winter = (dates.moment(seconds).local().zone for seconds in (1_782_000_000, 1_800_000_000))
    assert (winter, summer) == {
        "UTC0": (0, 0),
        "America/New_York": (-300, -240),
        "Asia/Kathmandu": (345, 345),
    }[local]


def test_years_that_the_system_does_not_know_are_in_utc() -> None:
    assert Moment(10**18, 0).local() == Moment(10**18, 0)
    assert Moment(-719468 * 1440, 0).local().replace(zone=0) == Moment(-719468 * 1440, 0)


def test_a_clock_has_fractions() -> None:
    assert dates.moment(119.9) == Moment(1, 59)
    assert dates.moment(-0.5) == Moment(-1, 59)
