"""slow-regex: a regular expression that can need exponential time.

    header :regex "subject" "^([a-z]+)*$"       "aaa" is (a)(a)(a), (aa)(a), (a)(aa), (aaa): all are tried before "no"

A search goes back and forth (Python's `re`), so a repetition of something that can itself be divided in several ways,
with something behind it that may fail, takes twice the time for each more character. The delivery is safe: past
limits.REGEX_SECONDS the rule is skipped. But then it does not hold, and who writes such mail knows that.

In:    the patterns of Sieve, of a procmailrc and of tables, as matching/patterns.py spells them for Python. Whether
       two repetitions can take the same characters is decided for ASCII, and for all others together.
Known bugs: only a repetition within a repetition is looked for, no `a*a*a*`, whose time is a power and not exponential.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mdafilter import limits
from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.matching import patterns
from mdafilter.words.grep import Grep
from mdafilter.words.match import Match
from mdafilter.words.scan import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.lint.rules import Rules
    from mdafilter.texts import Where
    from mdafilter.values import Value

OTHER = chr(0x100)  # stands for all characters that are not ASCII
EVERY = frozenset(map(chr, range(128))) | {OTHER}
MANY = 8  # so many times is often
TEXT = "this regular expression can need exponential time"
HINT = (
    "a repetition within a repetition can divide a text in many ways: say what stands between two of them; "
    f"after {limits.REGEX_SECONDS:g} s the rule is skipped"
)


def find(rules: Rules) -> Iterator[Found]:
    """Looks at each constant pattern."""
    outer: Value | None = None
    for value, at in values(rules.plan):
        match value:
            case Match(kind="regex", keys=keys):
                for key in keys:
                    if isinstance(key, str) and _slow(key, value.comparator != "i;octet", "ere"):
                        yield _found(rules, outer, at, key)
            case Grep(pattern=pattern, ignore_case=ignored) if _slow(pattern, ignored, "procmail"):
                yield _found(rules, value, at, pattern)
            case Row(pattern=pattern) if _slow(pattern, value.ignore_case, value.syntax, value.newline, value.options):
                yield _found(rules, None, value.at, pattern)
        if hasattr(value, "match"):
            outer = value


def _found(rules: Rules, node: object, at: Where, pattern: str) -> Found:
    if rules.sight.written(node):
        spots = [rules.sight.argument(node, at, index, pattern) for index in (1, 0)]
        return Found(max(spots, key=lambda one: (one.line, one.column)), TEXT, HINT)
    return Found(rules.sight.of(None, at), TEXT, HINT, pattern)


def _slow(pattern: str, ignore_case: bool, syntax: str, newline: bool = False, options: str = "") -> bool:
    try:
        compiled = patterns.compile(pattern, ignore_case=ignore_case, syntax=syntax, newline=newline, options=options)
    except patterns.PatternError:
        return False  # said where it was compiled
    parser: Any = re._parser  # type: ignore[attr-defined]
    parsed = parser.parse(compiled.compiled.pattern, compiled.compiled.flags & ~re.UNICODE)
    return _sequence(list(parsed), parsed.state.flags, False)


def _sequence(items: Sequence[Any], flags: int, followed: bool) -> bool:
    """Whether a loop in the sequence can be divided in several ways; `followed`: something behind it can fail."""
    for number, (name, argument) in enumerate(items):
        fails = followed or not all(_nullable(one) for one in items[number + 1 :])
        if _is_loop(name, argument) and fails and _ambiguous(list(argument[2]), flags):
            return True
        for inner in _inside(name, argument):
            if _sequence(inner, flags, fails):
                return True
    return False


def _ambiguous(body: Sequence[Any], flags: int) -> bool:
    """Whether one turn of a loop can take what two turns take."""
    while len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        body = list(body[0][1][3])
    if len(body) == 1 and str(body[0][0]) == "BRANCH":
        return any(_ambiguous(list(one), flags) for one in body[0][1][1])
    for number, (name, argument) in enumerate(body):
        if not _is_loop(name, argument):
            continue
        mine = _characters(list(argument[2]), flags)
        others = [one for index, one in enumerate(body) if index != number and not _nullable(one)]
        if mine and all(mine & _characters([one], flags) for one in others) and _alone(list(argument[2])):
            return True
    return False


def _alone(body: Sequence[Any]) -> bool:
    """Whether a turn of the inner loop is one character: then every division of a text is possible."""
    while len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        body = list(body[0][1][3])
    return len(body) == 1 and str(body[0][0]) in ("IN", "LITERAL", "NOT_LITERAL", "ANY")


def _is_loop(name: object, argument: Any) -> bool:
    return str(name) in ("MAX_REPEAT", "MIN_REPEAT") and int(argument[1]) >= MANY


def _nullable(item: Any) -> bool:
    """Whether the item can match nothing, so that it never fails."""
    name, argument = str(item[0]), item[1]
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return int(argument[0]) == 0 or all(map(_nullable, argument[2]))
    if name == "SUBPATTERN":
        return all(map(_nullable, argument[3]))
    return name == "BRANCH" and any(all(map(_nullable, one)) for one in argument[1])


def _inside(name: object, argument: Any) -> Iterator[list[Any]]:
    match str(name):
        case "MAX_REPEAT" | "MIN_REPEAT":
            yield list(argument[2])
        case "SUBPATTERN":
            yield list(argument[3])
        case "BRANCH":
            yield from (list(one) for one in argument[1])
        case "ASSERT" | "ASSERT_NOT":
            yield list(argument[1])


def _characters(items: Sequence[Any], flags: int) -> frozenset[str]:
    """The characters that can stand anywhere in what the items match."""
    found: frozenset[str] = frozenset()
    for name, argument in items:
        match str(name):
            case "LITERAL":
                found |= _one(chr(argument), flags)
            case "NOT_LITERAL":
                found |= EVERY - _one(chr(argument), flags)
            case "ANY":
                found |= EVERY if flags & re.DOTALL else EVERY - {"\n"}
            case "IN":
                found |= _class(argument, flags)
            case _:
                for inner in _inside(name, argument):
                    found |= _characters(inner, flags)
    return found


def _class(items: Sequence[Any], flags: int) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    negated = False
    for name, argument in items:
        match str(name):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found |= _one(chr(argument), flags)
            case "RANGE":
                first, last = argument
                inside = {c for c in EVERY if first <= ord(c) <= last} | ({OTHER} if last > 127 else set())
                found |= frozenset().union(*(_one(c, flags) for c in inside)) if inside else found
            case "CATEGORY":
                found |= _category(str(argument))
    return EVERY - found if negated else found


def _category(name: str) -> frozenset[str]:
    kinds = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
    word = name.rsplit("_", 1)[-1]
    found = frozenset(c for c in EVERY if re.match(kinds[word], c, re.ASCII)) if word in kinds else EVERY
    return EVERY - found if "_NOT_" in name else found


def _one(character: str, flags: int) -> frozenset[str]:
    if ord(character) > 127:
        return frozenset({OTHER})
    return frozenset({character.lower(), character.upper()}) if flags & re.IGNORECASE else frozenset({character})
