"""impossible-key: a key that no value can ever match.

header :is "subject" " spam"              fields are compared without the blanks around them
spamtest :value "ge" "11"                 0 to 10 (RFC 5235 section 2.1); virustest is 0 to 5
string :is :comparator "i;octet" "${x}" "Spam"      where x is only ever set with :lower
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.texts import Template, Var
from mdafilter.words.address import AddressTest
from mdafilter.words.envelope import EnvelopeTest
from mdafilter.words.header import Header
from mdafilter.words.spamtest import Spamtest
from mdafilter.words.variables import SetVariable, StringTest
from mdafilter.words.virustest import Virustest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules
    from mdafilter.texts import Where
    from mdafilter.words.match import Match

BLANKS = " \t\r\n"
TEXTUAL = ("i;octet", "i;ascii-casemap")  # comparators by which a blank is a character
FIELDS = "fields are compared without the blanks around them: take them away"


def find(rules: Rules) -> Iterator[Found]:
    """Looks at the keys of each test."""
    folded = _folded(rules)
    for value, at in values(rules.plan):
        match value:
            case Header(match=match, mime=None):
                for key in _constant(match):
                    if match.kind == "is" and match.comparator in TEXTUAL and key.strip(BLANKS) != key:
                        spot = rules.sight.argument(value, at, 1, key)
                        yield Found(spot, "no field can ever match this key", FIELDS)
            case AddressTest(match=match) | EnvelopeTest(match=match):
                for key in _constant(match):
                    if match.kind == "is" and match.comparator in TEXTUAL and key.strip(BLANKS) != key:
                        spot = rules.sight.argument(value, at, 1, key)
                        yield Found(spot, "no address can ever match this key", "take the blanks around it away")
            case Spamtest(match=match, percent=percent):
                yield from _beyond(rules, value, match, at, 100 if percent else 10)
            case Virustest(match=match):
                yield from _beyond(rules, value, match, at, 5)
            case StringTest(sources=sources, match=match) if match.kind == "is" and match.comparator == "i;octet":
                keys = _constant(match)
                upper = len(keys) == len(match.keys) and all(key != key.lower() for key in keys)
                if upper and all(_name(source) in folded for source in sources):
                    text = "this can never hold: the variable has no upper-case letters"
                    yield Found(rules.sight.argument(value, at, 1), text, "write the key in lower case")


def _constant(match: Match) -> list[str]:
    return [key for key in match.keys if isinstance(key, str)]


def _beyond(rules: Rules, value: object, match: Match, at: Where, most: int) -> Iterator[Found]:
    """A number that a score never reaches."""
    wanted = {"ge": most + 1, "gt": most, "eq": most + 1}.get(match.relation) if match.kind == "value" else None
    for key in _constant(match):
        if wanted is not None and key.isdecimal() and len(key) < 10 and int(key) >= wanted:
            spot = rules.sight.argument(value, at, 0, key)
            yield Found(spot, f"no result is ever {key}", f"results are 0 to {most} (RFC 5235)")


def _folded(rules: Rules) -> set[str]:
    """The variables that are set with :lower and in no other way."""
    lower: dict[str, bool] = {}
    for value, _at in values(rules.plan):
        if isinstance(value, SetVariable):
            lower[value.name] = lower.get(value.name, True) and value.modifiers == (":lower",)
    return {name for name, always in lower.items() if always}


def _name(source: object) -> str:
    """The variable that a source is, or ""."""
    if isinstance(source, Template) and len(source.parts) == 1 and isinstance(source.parts[0], Var):
        return source.parts[0].name
    return ""
