"""What is certain of conditions before there is a message: that one always or never holds, that one holds with another.

In:    Conditions. Out: True, False or None (it depends on the message); `covers`: whether one holds wherever the other
       does. What is not known here is never certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.texts import Template
from mdafilter.values import Value
from mdafilter.words.address import AddressTest
from mdafilter.words.body import Body
from mdafilter.words.envelope import EnvelopeTest
from mdafilter.words.exists import Exists
from mdafilter.words.grep import Grep, Length
from mdafilter.words.header import Header
from mdafilter.words.logic import AllOf, Always, AnyOf, Not
from mdafilter.words.match import Match
from mdafilter.words.size import Size
from mdafilter.words.variables import StringTest

if TYPE_CHECKING:
    from collections.abc import Sequence

# Tests that answer the same twice on the same message.
STEADY = (Header, AddressTest, EnvelopeTest, Exists, Size, Body, Grep, Length, AllOf, AnyOf, Not, Always)
PAIRS = 50  # tests of one list that are compared with each other
LARGEST = 60  # values that a condition may have to be compared with another


def truth(test: object) -> bool | None:
    """Whether the test always (True) or never (False) holds."""
    match test:
        case Always(held=held):
            return held
        case Not(test=inner):
            found = truth(inner)
            return None if found is None else not found
        case AllOf(tests=tests):
            return _all([truth(one) for one in tests], _excluded(tests))
        case AnyOf(tests=tests):
            found = _all([_not(truth(one)) for one in tests], _exhausted(tests))
            return _not(found)
        case Size(limit=0, over=False):
            return False
        case Length(limit=limit, over=over) if limit < 0 or (limit == 0 and not over):
            return over
        case StringTest(sources=sources, match=match) if not _variable(sources) and not _variable(match.keys):
            return _compared(tuple(map(str, sources)), match)
        case Header(match=match) | AddressTest(match=match) | EnvelopeTest(match=match):
            return _counted(match)
        case _:
            return None


def _not(held: bool | None) -> bool | None:
    return None if held is None else not held


def _all(found: Sequence[bool | None], never: bool) -> bool | None:
    if never or False in found:
        return False
    return None if None in found else True


def _excluded(tests: Sequence[object]) -> bool:
    """Whether two of the tests cannot hold together."""
    tests = [inner for one in tests[:PAIRS] for inner in (one.tests if isinstance(one, AllOf) else (one,))][:PAIRS]
    sizes = [one for one in tests if isinstance(one, Size)]
    over = max((one.limit for one in sizes if one.over), default=-1)
    if any(not one.over and one.limit <= over + 1 for one in sizes):
        return True
    denied = [one.test for one in tests if isinstance(one, Not) and steady(one)]
    return any(covers(no, yes) for no in denied for yes in tests if steady(yes))


def _exhausted(tests: Sequence[object]) -> bool:
    """Whether one of the tests holds for every message."""
    tests = tests[:PAIRS]
    sizes = [one for one in tests if isinstance(one, Size)]
    under = max((one.limit for one in sizes if not one.over), default=0)
    if any(one.over and one.limit < under for one in sizes):
        return True
    return any(
        isinstance(no, Not) and steady(no) and covers(yes, no.test) for no in tests for yes in tests if steady(yes)
    )


def _compared(sources: tuple[str, ...], match: Match) -> bool | None:
    """What a test of constant strings comes to."""
    pairs = [(match.view(source), match.view(str(key))) for source in sources for key in match.keys]
    match match.kind:
        case "is":
            return any(source == key for source, key in pairs)
        case "contains":
            return any(key in source for source, key in pairs)
        case _:
            return None


def _counted(match: Match) -> bool | None:
    """RFC 5231 section 4.2: a number of values, which is never less than none."""
    if match.counts and tuple(match.keys) == ("0",) and match.comparator == "i;ascii-numeric":
        return {"lt": False, "ge": True}.get(match.relation)
    return None


def steady(test: object) -> bool:
    """Whether the test is made only of what is known here, with nothing variable, and not too much of it."""
    waiting, seen = [test], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if seen > LARGEST or not isinstance(one, STEADY) or (isinstance(one, Grep | Length) and one.area[:1] == "$"):
            return False
        match one:
            case AllOf(tests=tests) | AnyOf(tests=tests):
                waiting += tests
            case Not(test=inner):
                waiting.append(inner)
            case Value() if any(
                isinstance(getattr(one, name), tuple) and _variable(getattr(one, name)) for name in one._fields
            ):
                return False
        if isinstance(getattr(one, "match", None), Match) and _variable(one.match.keys):  # type: ignore[union-attr]
            return False
    return True


def covers(first: object, second: object, known: dict[tuple[int, int], bool] | None = None) -> bool:
    """Whether the first holds for every message for which the second does. Both are steady, or equal.

    `known` is what was found out on the way: no two parts are compared twice.
    """
    known = {} if known is None else known
    key = id(first), id(second)
    if key not in known:
        known[key] = first == second or _covers(first, second, known)
    return known[key]


def _covers(first: object, second: object, known: dict[tuple[int, int], bool]) -> bool:
    match second:
        case AnyOf(tests=tests) if all(covers(first, one, known) for one in tests):
            return True
        case AllOf(tests=tests) if any(covers(first, one, known) for one in tests):
            return True
    match first:
        case Always(held=True):
            return True
        case AnyOf(tests=tests):
            return any(covers(one, second, known) for one in tests)
        case AllOf(tests=tests):
            return all(covers(one, second, known) for one in tests)
        case Not(test=inner):
            return isinstance(second, Not) and covers(second.test, inner, known)
        case Size(limit=limit, over=over):
            if not isinstance(second, Size) or second.over != over:
                return False
            return limit <= second.limit if over else limit >= second.limit
        case Exists(names=names, mime=None):
            return isinstance(second, Exists) and second.mime is None and _names(names) <= _names(second.names)
        case Header() | AddressTest():
            return type(first) is type(second) and _wider(first, second)
        case _:
            return False


def _wider(first: Header | AddressTest, second: object) -> bool:
    """More names, more keys, or shorter ones."""
    assert isinstance(second, Header | AddressTest)
    mine, other = first.match, second.match
    if first.mime or second.mime or getattr(first, "part", "") != getattr(second, "part", ""):
        return False
    if not _names(second.names) <= _names(first.names) or (mine.comparator, mine.relation) != (
        other.comparator,
        other.relation,
    ):
        return False
    if mine.kind == other.kind and set(other.keys) <= set(mine.keys) and not mine.counts:
        return True
    if mine.kind in ("is", "contains") and other.kind in ("is", mine.kind):
        keys = [mine.view(str(key)) for key in mine.keys[:PAIRS]]
        wanted = [other.view(str(key)) for key in other.keys[:PAIRS]]
        if len(other.keys) > PAIRS or not wanted:
            return False
        return all(any(key == one if mine.kind == "is" else key in one for key in keys) for one in wanted)
    return False


def _names(names: Sequence[object]) -> set[str]:
    return {str(name).lower() for name in names}


def _variable(texts: Sequence[object]) -> bool:
    return any(isinstance(text, Template) for text in texts)
