"""`date` and `currentdate`: a part of a date in a header field, or of the present time (RFC 5260 sections 4 and 5).

    date [:index N [:last]] [:zone <string> | :originalzone] [MATCH-TYPE] [COMPARATOR]
         <header-name: string> <date-part: string> <key-list: string-list>
    currentdate [:zone <string>] [MATCH-TYPE] [COMPARATOR] <date-part: string> <key-list: string-list>

    date :value "ge" :originalzone "date" "hour" "09"
    currentdate :matches "month" "*"

The date of the first field of that name is shifted to the zone: that of :zone, its own (:originalzone), or the one of
this system. The parts are the lines of PARTS. All `currentdate` of one run mean the same moment.

In:    fields with a date (message/dates.py), the World's clock. With `:index`, another field than the first (index.py).
Out:   an Answer that names field and part: `Date hour: 09`. Where there is no field, no date in it, no such part or
       zone, it is false, and :count (RFC 5231) is 0.
Fails: a warning at compile time for a part or zone that there is not, and for what is no number compared as one;
       RuleStalled (match.py).
"""

from __future__ import annotations

from mdafilter.message import dates
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.fields import Index, fields, index_of
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import check_headers
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.decision import Answer
    from mdafilter.message.dates import Moment
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

JULIAN = 40587  # the modified Julian day of 1970-01-01: "days since 00:00 UTC on November 17, 1858"
LAST_YEAR = 9999  # "0000" .. "9999"


def date(at: Moment) -> str:
    return "{:04}-{:02}-{:02}".format(*dates.date(at.day))


def hour(at: Moment) -> str:
    return f"{at.minute // 60:02}"


def minute(at: Moment) -> str:
    return f"{at.minute % 60:02}"


def second(at: Moment) -> str:
    return f"{at.second:02}"


def clock(at: Moment) -> str:
    return f"{hour(at)}:{minute(at)}:{second(at)}"


def zone(at: Moment, colon: str = "") -> str:
    """ "An offset of 0 (Zulu) always has a positive sign." """
    hours, minutes = divmod(abs(at.zone), 60)
    return f"{'-' if at.zone < 0 else '+'}{hours:02}{colon}{minutes:02}"


def weekday(at: Moment) -> int:
    """0 is Sunday; 1970-01-01 was a Thursday."""
    return (at.day + 4) % 7


def iso8601(at: Moment) -> str:
    """RFC 3339 section 5.6; "a time zone offset of zero MUST be represented by "Z"."""
    return f"{date(at)}T{clock(at)}{zone(at, ':') if at.zone else 'Z'}"


def std11(at: Moment) -> str:
    """As in a Date field (RFC 5322 section 3.3)."""
    year, month, day = dates.date(at.day)
    name = dates.MONTHS[month - 1][:3]
    return f"{dates.DAYS[weekday(at)][:3]}, {day:02} {name} {year:04} {clock(at)} {zone(at)}"


PARTS: dict[str, Callable[[Moment], str]] = {
    "year": lambda at: date(at)[:4],
    "month": lambda at: date(at)[5:7],
    "day": lambda at: date(at)[8:],
    "date": date,
    "julian": lambda at: str(at.day + JULIAN),
    "hour": hour,
    "minute": minute,
    "second": second,
    "time": clock,
    "iso8601": iso8601,
    "std11": std11,
    "zone": zone,
    "weekday": lambda at: str(weekday(at)),
}

NO_NUMBERS = ("date", "time", "iso8601", "std11", "zone")


class DateTest(Value):
    """The question: does this part of a date match? `name` is the field; None is now. `zone` None: this system's."""

    name: Text | None
    part: Text
    match: Match
    zone: Text | None = None
    original: bool = False
    index: Index | None = None

    def ask(self, scene: Scene) -> Answer:
        """Looks at the one date, if there is one."""
        name = "now" if self.name is None else scene.expand(self.name)
        part = scene.expand(self.part).lower()
        value = self._value(scene, name, part)
        return self.match.test_named(scene, () if value is None else ((f"{name} {part}", value),))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        words = ["currentdate" if self.name is None else "date"]
        if self.index is not None:
            words.append(self.index.describe())
        if self.zone is not None:
            words.append(f":zone {quoted(self.zone)}")
        if self.original:
            words.append(":originalzone")
        subject = " ".join(quoted(text) for text in (self.name, self.part) if text is not None)
        return " ".join([*words, self.match.describe(subject)])

    def _value(self, scene: Scene, name: str, part: str) -> str | None:
        at = _now(scene) if self.name is None else self._date(scene, name)
        if at is None or part not in PARTS:
            return None
        if self.zone is not None:
            offset = dates.zone(scene.expand(self.zone))
            if offset is None:
                return None
            at = at.replace(zone=offset)
        elif not self.original:
            at = at.local()
        return PARTS[part](at) if 0 <= dates.date(at.day)[0] <= LAST_YEAR else None

    def _date(self, scene: Scene, name: str) -> Moment | None:
        """ "Only the first field that is found is used", also where it has no date and another one has."""
        field = next(fields(scene, (name,), index=self.index), None)
        return None if field is None else dates.parse(field.value)


def _now(scene: Scene) -> Moment:
    """ "All currentdate tests ... MUST refer to the same point in time"."""
    now = scene.looked.setdefault(DateTest, scene.world.now())
    assert isinstance(now, float | int)
    return dates.moment(now)


def build(use: Use) -> DateTest:
    """The node for one use of `date` or `currentdate`."""
    own = use.name == "date"
    part, where = use.text(own), use.tag_text(":zone")
    if own:
        check_headers(use, (use.text(0),), 0)
    if isinstance(part, str) and part.lower() not in PARTS:
        use.warn(f"{quoted(part)} is no part of a date", f"parts are {', '.join(PARTS)}", argument=int(own))
    if isinstance(where, str) and dates.zone(where) is None:
        use.warn(f"{quoted(where)} is no time zone", 'a zone is written like "+0100"', tag=":zone")
    match = match_of(use, 2 if own else 1)
    if match.comparator == "i;ascii-numeric" and not match.counts and str(part).lower() in NO_NUMBERS:
        use.warn(
            f"{match.comparator} sees only the first digits of {quoted(part)}",
            "RFC 5260 section 4.3",
            tag=":comparator",
        )
    return DateTest(use.text(0) if own else None, part, match, where, use.has(":originalzone"), index_of(use))


ZONE = Tag(":zone", argument="string", group="zone")

WORDS = (
    Word(
        "date",
        "test",
        build,
        arguments=("string", "string", "strings"),
        tags=(ZONE, Tag(":originalzone", group="zone"), *MATCH_TAGS),
        requires=("date",),
    ),
    Word("currentdate", "test", build, ("string", "strings"), tags=(ZONE, *MATCH_TAGS), requires=("date",)),
)
