"""`date` and `currentdate` (RFC 5260 sections 4 and 5)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.words.date import PARTS
from tests.support.scene import StillWorld
from tests.support.script import compiled, decide, folders
from tests.support.sieve import errors, said, warnings

MAIL = b"""Received: from a.example (a; b) by b.example
\t(Postfix) id 1; Sat, 28 Nov 2026 23:30:00 -0500 (EST; of a sort)
Received: from c.example by a.example; Sat, 28 Nov 2026 22:00:00 -0500
Date: Thu, 26 Nov 2026 10:03:07 +0100
X-Old: 5 Jan 04 09:05 EST
X-Zulu: 31 Dec 1998 23:59:60 GMT
X-Bad: Thu, 31 Jun 2026 10:03:07 +0100
X-Bad: Thu, 30 Jun 2026 10:03:07 +0100
X-First: 1 Jan 0000 00:10:00 +0000
X-Last: 31 Dec 9999 23:50:00 +0000
X-None: tomorrow
X-Empty:
Subject: x

body
"""
REQUIRE = (
    'require ["date", "relational", "fileinto", "variables", "index", "comparator-i;ascii-numeric", "regex"];\n'
    'set "hour" "hour"; set "zone" "+0200"; set "wrong" "wrong";\n'
)


class Passing(StillWorld):
    """A World whose clock goes on with each look."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        super().__init__()
        self.time = start - 3600

    def now(self) -> float:
        self.time += 3600
        return self.time


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def holds(test: str, world: StillWorld | None = None) -> bool:
    return folders(decide(f'{REQUIRE}if {test} {{ fileinto "yes"; }}', MAIL, world)) == ["yes"]


def value(test: str, world: StillWorld | None = None) -> str:
    """What the test compares: `test` with one that takes everything."""
    kind, _, rest = test.partition(" ")
    decision = decide(f'{REQUIRE}if {kind} :matches {rest} "*" {{ fileinto "${{0}}x"; }}', MAIL, world)
    return folders(decision)[0].removesuffix("x")


OF_THE_DATE = {
    "year": "2026",
    "month": "11",
    "day": "26",
    "date": "2026-11-26",
    "julian": "61370",
    "hour": "10",
    "minute": "03",
    "second": "07",
    "time": "10:03:07",
    "iso8601": "2026-11-26T10:03:07+01:00",
    "std11": "Thu, 26 Nov 2026 10:03:07 +0100",
    "zone": "+0100",
    "weekday": "4",
}


@pytest.mark.parametrize(("part", "text"), [*OF_THE_DATE.items(), ("WeekDay", "4")])
def test_the_parts(part: str, text: str) -> None:
    """Section 4.2: "Possible case-insensitive values are" these."""
    assert value(f'date :originalzone "date" "{part}"') == text
    assert holds(f'date :originalzone "date" "{part}" "{text}"')
    assert not holds(f'date :originalzone "date" "{part}" "{text}0"')


def test_all_parts_are_pinned() -> None:
    assert list(PARTS) == list(OF_THE_DATE)


@pytest.mark.parametrize(
    ("tags", "hour", "zone"),
    [
        ("", "04", "-0500"),
        (":originalzone", "10", "+0100"),
        (':zone "+0530"', "14", "+0530"),
        (':zone "-0800"', "01", "-0800"),
        (':zone "-1000"', "23", "-1000"),
        (':zone "+0000"', "09", "+0000"),
        (':zone "-0000"', "09", "+0000"),
        (':zone "${zone}"', "11", "+0200"),
    ],
)
def test_zones(tags: str, hour: str, zone: str) -> None:
    """Section 4.1: "If both the :zone and :originalzone arguments are omitted, the local time zone MUST be used"; 4.2:
    "An offset of 0 (Zulu) always has a positive sign"."""
    assert value(f'date {tags} "date" "hour"') == hour
    assert value(f'date {tags} "date" "zone"') == zone


@pytest.mark.parametrize(
    ("test", "text"),
    [
        ('date :zone "+1400" "received" "date"', "2026-11-29"),
        ('date :zone "-1000" "date" "date"', "2026-11-25"),
        ('date :zone "-1000" "date" "julian"', "61369"),
        ('date :zone "-1000" "date" "weekday"', "3"),
        ('date :zone "+0000" "date" "iso8601"', "2026-11-26T09:03:07Z"),
        ('date :zone "-0330" "date" "iso8601"', "2026-11-26T05:33:07-03:30"),
        ('date :originalzone "x-old" "std11"', "Mon, 05 Jan 2004 09:05:00 -0500"),
        ('date :originalzone "x-zulu" "second"', "60"),
        ('date :zone "+0100" "x-zulu" "iso8601"', "1999-01-01T00:59:60+01:00"),
        ('date :zone "+0000" "x-first" "julian"', "-678941"),
        ('date :originalzone "x-first" "year"', "0000"),
        ('date :zone "+0001" "x-last" "iso8601"', "9999-12-31T23:51:00+00:01"),
    ],
)
def test_the_date_is_shifted_to_the_zone(test: str, text: str) -> None:
    """Section 4: "extracted from the header, shifted to the specified time zone, and the value of the given date-part is
    determined"."""
    assert value(test) == text


def test_received_is_read_behind_its_semicolon() -> None:
    """Section 4: "at the end of a header field following a semicolon"; "only the first field that is found is used"."""
    assert value('date :originalzone "received" "time"') == "23:30:00"
    assert value('date :originalzone :index 1 :last "received" "time"') == "22:00:00"


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ("", "x-missing"),
        ("", "x-none"),
        ("", "x-empty"),
        ("", "x-bad"),
        ("", "subject"),
        ("", "no name"),
        (":index 3", "received"),
        (':zone "-0100"', "x-first"),
        (':zone "+0100"', "x-last"),
    ],
)
def test_no_date_is_false_whatever_is_asked(tags: str, name: str) -> None:
    """Section 4: "returns false unconditionally if the specified header field does not exist, the field exists but does not
    contain a syntactically valid date-time specification, the date-time isn't valid according to the rules of the
    calendar system"; "The count of a date test is 1 if the specified field exists and contains a valid date; 0, otherwise."
    """
    for match in (':is "year" ""', ':contains "year" ""', ':matches "year" "*"', ':value "ne" "year" "2000"'):
        kind, rest = match.rsplit(' "year"', 1)
        assert not holds(f'date {kind} {tags} "{name}" "year"{rest}')
    count = ':count "eq" :comparator "i;ascii-numeric"'
    assert holds(f'date {count} {tags} "{name}" "year" "0"')
    assert not holds(f'date {count} {tags} "{name}" "year" "1"')
    assert holds(f'date {count} "date" "year" "1"')
    assert holds(f'date {count} :index 2 "x-bad" "year" "1"')


@pytest.mark.parametrize(
    ("test", "held"),
    [
        # section 4.4
        ('allof(date :value "ge" :originalzone "date" "hour" "09", date :value "lt" :originalzone "date" "hour" "17")', True),
        ('anyof(date :is "received" "weekday" "0", date :is "received" "weekday" "6")', True),
        ('date :value "gt" :index 2 :zone "-0500" "received" "iso8601" "2007-02-26T09:00:00-05:00"', True),
        ('date :value "gt" :index 2 :zone "-0500" "received" "iso8601" "2026-11-28T22:00:00-05:00"', False),
        # section 4.3
        ('date :value "gt" :comparator "i;ascii-numeric" "date" "julian" "061369"', True),
        ('date :value "gt" :comparator "i;ascii-numeric" "date" "julian" "61370"', False),
        ('date :comparator "i;octet" :originalzone "date" "std11" "THU, 26 NOV 2026 10:03:07 +0100"', False),
        ('date :originalzone "date" "std11" "THU, 26 NOV 2026 10:03:07 +0100"', True),
        ('date :contains :originalzone "date" "time" ":03:"', True),
        ('date :contains :originalzone "date" "time" ":07:"', False),
        ('date :regex :originalzone "date" "date" "^2026-1[12]"', True),
        ('date :originalzone "date" "${hour}" ["09", "10"]', True),
        ('date :originalzone "date" "${wrong}" ["09", "10"]', False),
        ('date :zone "${wrong}" "date" "year" "2026"', False),
        ('date "${hour}" "year" "2026"', False),
    ],
)  # fmt: skip
def test_comparisons(test: str, held: bool) -> None:
    assert holds(test) is held


@pytest.mark.parametrize(
    ("tags", "part", "text"),
    [
        ("", "std11", "Fri, 15 Jan 2027 03:00:00 -0500"),
        (':zone "+0000"', "iso8601", "2027-01-15T08:00:00Z"),
        (':zone "+0530"', "time", "13:30:00"),
        ("", "weekday", "5"),
        ("", "zone", "-0500"),
        ("", "julian", "61420"),
    ],
)
def test_now(tags: str, part: str, text: str) -> None:
    """Section 5: "it operates on the current date/time rather than a value extracted from the message header"."""
    assert value(f'currentdate {tags} "{part}"') == text
    assert holds(f'currentdate {tags} "{part}" "{text}"')
    assert not holds(f'currentdate {tags} "{part}" "{text}x"')


def test_summer_and_winter_have_their_zones() -> None:
    assert value('currentdate "std11"', Passing(1_782_000_000.0)) == "Sat, 20 Jun 2026 20:00:00 -0400"


def test_now_is_the_same_in_all_tests_of_a_run() -> None:
    """Section 5: "All currentdate tests in a single Sieve script MUST refer to the same point in time"."""
    assert holds('allof(currentdate "hour" "03", currentdate "hour" "03")', Passing())
    scripts = [
        'require ["date", "fileinto", "copy"]; if currentdate "hour" "03" { fileinto :copy "a"; }',
        'require ["date", "fileinto"]; if currentdate "hour" "03" { fileinto "b"; }',
    ]
    scene = Scene(Message.parse(MAIL), Envelope("s@x.test", "r@x.test"), Passing())
    assert folders(run([compiled(script).plan for script in scripts], scene)) == ["a", "b"]


def test_the_count_of_now_is_1() -> None:
    """Section 5: "The :count value of a currentdate test is always 1"."""
    count = ':count "eq" :comparator "i;ascii-numeric"'
    assert holds(f'currentdate {count} "hour" "1"')
    assert not holds(f'currentdate {count} "hour" "0"')


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ('date :zone "+0100" :originalzone "date" "hour" "1"', ":zone and :originalzone exclude each other"),
        ('date "date" "1"', "`date` takes 3 arguments, 2 are given"),
        ('date ["date", "received"] "hour" "1"', "argument 1 of `date` must be a string, not a list of strings"),
        ('currentdate "date" "hour" "1"', "`currentdate` takes 2 arguments, 3 are given"),
        ('currentdate :originalzone "hour" "1"', "unknown tag :originalzone on `currentdate`"),
        ('currentdate :index 1 "hour" "1"', ":index cannot stand on `currentdate`"),
        ('date :zone 100 "date" "hour" "1"', ":zone must be followed by a string"),
    ],
)
def test_mistakes(test: str, error: str) -> None:
    """Section 4.1: "It is an error to specify both :zone and :originalzone"; section 4: "can only be applied to a single
    header field at a time"."""
    (found,) = errors(f'require ["date", "index"];\nif {test} {{ stop; }}')
    assert error in found


@pytest.mark.parametrize(
    ("test", "warning"),
    [
        ('date "date" "hours" "1"', '"hours" is no part of a date | parts are year, month, day'),
        ('currentdate "" "1"', '"" is no part of a date'),
        ('date :zone "GMT" "date" "hour" "1"', '"GMT" is no time zone | a zone is written like "+0100"'),
        (
            'date :comparator "i;ascii-numeric" "date" "time" "10:00:00"',
            'i;ascii-numeric sees only the first digits of "time" | RFC 5260 section 4.3',
        ),
        ('date "Date:" "hour" "1"', 'the header name "Date:" has a colon in it'),
    ],
)
def test_what_can_never_hold_is_warned_of(test: str, warning: str) -> None:
    head = 'require ["date", "comparator-i;ascii-numeric"];' if "numeric" in test else 'require "date";'
    (found,) = warnings(f"{head}\nif {test} {{ stop; }}")
    assert warning in found


@pytest.mark.parametrize("test", ['date {} "date" "julian" "1"', 'currentdate :count "eq" {} "time" "1"'])
def test_what_is_a_number_may_be_compared_as_one(test: str) -> None:
    """Section 4.3: "i;ascii-numeric" "is almost certainly the best comparator" for julian; counts are numbers, too."""
    use = test.format(':comparator "i;ascii-numeric"')
    capabilities = [name for name in ("relational",) if ":count" in use] + ["date", "comparator-i;ascii-numeric"]
    required = "".join(f'require "{name}"; ' for name in capabilities)
    assert warnings(f"{required}if {use} {{ stop; }}") == []


@pytest.mark.parametrize("test", ['date "date" "hour" "1"', 'currentdate "hour" "1"'])
def test_they_need_their_extension(test: str) -> None:
    (error,) = errors(f"if {test} {{ stop; }}")
    assert 'require "date"' in error


@pytest.mark.parametrize(
    "test",
    [
        'date :is "date" "hour" "09"',
        'date :index 2 :last :zone "+0100" :value "ge" "received" "${hour}" ["09", "10"]',
        'date :originalzone :contains "date" "time" ":"',
        'currentdate :zone "+0100" :is :comparator "i;octet" "hour" "09"',
    ],
)
def test_it_describes_itself(test: str) -> None:
    head = 'require ["date", "index", "relational", "variables"];'
    described = [one.what for one in decide(f"{head} if {test} {{ stop; }}", MAIL).trace if one.answer]
    assert described == [test]


def test_the_answer_names_field_and_part() -> None:
    assert decide(f'{REQUIRE}if date "Date" "Hour" "04" {{ fileinto "yes"; }}', MAIL).decided[0].why == "Date hour: 04"
    assert decide(f'{REQUIRE}if currentdate "hour" "03" {{ fileinto "yes"; }}').decided[0].why == "now hour: 03"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["date"];\nif currentdate "era" "x" { stop; }',
            'warning 2:16 "era" is no part of a date | parts are year, month, day, date, julian, hour, minute, second, time, iso8601, std11, zone, weekday',
        ),
        (
            'require ["date"];\nif currentdate :zone "CET" "year" "x" { stop; }',
            'warning 2:16 "CET" is no time zone | a zone is written like "+0100"',
        ),
        (
            'require ["date", "relational", "comparator-i;ascii-numeric"];\nif currentdate :value "gt" :comparator "i;ascii-numeric" "date" "2026" { stop; }',
            'warning 2:28 i;ascii-numeric sees only the first digits of "date" | RFC 5260 section 4.3',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
