"""Match types and comparators: how a value of the message is compared with the keys of a rule.

RFC 5228 section 2.7 (:is :contains :matches, i;octet, i;ascii-casemap), RFC 4790 section 9 (the comparators),
RFC 5231 (:value :count, i;ascii-numeric), RFC 5051 (i;unicode-casemap), RFC 5229 section 3.2 (match values),
draft-murchison-sieve-regex (:regex).
A further comparator or match type is one function and one line in a table below.

In:    the strings that a test looks at, decoded; the keys, which may have variables in them.
Out:   an Answer. A :matches or :regex that held has set `scene.matched`.
Fails: RuleStalled where a :matches or :regex takes more than limits.MATCH_STEPS or limits.REGEX_SECONDS.

Values are compared as Unicode text, whose order by code points is the order of its UTF-8 octets, so that i;octet
holds. Only `?` must be told from a character: see glob.py.
"""

from __future__ import annotations

import _operator as operator  # without the same in Python, which is for other interpreters

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.matching import glob
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, listed
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use

    # It gets a value as it stands and as the comparator sees it, and gives the match values, () where the match type
    # has none, or None where the value does not match the key.
    Find: TypeAlias = Callable[[str, Any], tuple[str, ...] | None]
    # A key, made ready for all messages; what it gives is for the values of one test, which share a budget.
    Ready: TypeAlias = Callable[[], Find]

HELD: tuple[str, ...] = ()


# --- comparators -------------------------------------------------------------------------------------------------


class Comparator(Value):
    """`view` maps a string to what is compared by ==, < and (if `substrings`) by `in`."""

    view: Callable[[str], Any]
    substrings: bool
    required: bool  # whether `require "comparator-..."` must name it (RFC 5228 section 2.7.3)
    wide: bool = False  # whether what `?` takes is a character, and not an octet (section 2.7.1)


def octets(text: str) -> str:
    """i;octet: as it stands (RFC 4790 section 9.3)."""
    return text


def ascii_upper(text: str) -> str:
    """i;ascii-casemap: the letters a-z, and no others, in upper case (RFC 4790 section 9.2)."""
    if text.isascii():
        return text.upper()
    return text.encode("utf-8", "surrogatepass").upper().decode("utf-8", "surrogatepass")  # bytes know only a-z


def leading_number(text: str) -> tuple[float, str]:
    """i;ascii-numeric: the digits at the beginning; without any it is positive infinity (RFC 4790 section 9.1).

    The number is kept as text and its length: int() of a million digits takes minutes.
    """
    end = 0
    while end < len(text) and "0" <= text[end] <= "9":
        end += 1
    digits = text[:end].lstrip("0")
    return (float(len(digits)), digits) if end else (float("inf"), "")


def unicode_casemap(text: str) -> str:
    """i;unicode-casemap: in title case and decomposed (RFC 5051)."""
    from mdafilter.matching import casemap  # few rules want it

    return casemap.prepared(text)


COMPARATORS: dict[str, Comparator] = {
    # name              view            substrings  required
    "i;octet": Comparator(octets, True, False),
    "i;ascii-casemap": Comparator(ascii_upper, True, False),
    "i;ascii-numeric": Comparator(leading_number, False, True),
    "i;unicode-casemap": Comparator(unicode_casemap, True, True, wide=True),
}
DEFAULT_COMPARATOR = "i;ascii-casemap"


# --- match types -------------------------------------------------------------------------------------------------


class MatchType(Value):
    """`ready` prepares the keys; `check` reports mistakes of a use, `substrings`: the comparator must know them."""

    ready: Callable[[Match, list[str]], list[Ready]]
    substrings: bool = False
    check: Callable[[Use, Match, int], None] | None = None


def is_(match: Match, keys: list[str]) -> list[Ready]:
    """The whole value is one of the keys. However many keys there are, they are one look-up."""
    wanted = {match.view(key) for key in keys}
    return [lambda: lambda value, view: HELD if view in wanted else None]


def each(ready: Callable[[Match, str], Ready]) -> Callable[[Match, list[str]], list[Ready]]:
    """A match type that looks at its keys one after the other."""
    return lambda match, keys: [ready(match, key) for key in keys]


def contains(match: Match, key: str) -> Ready:
    """The key is somewhere in the value; the empty key is in every value."""
    wanted = match.view(key)
    return lambda: lambda value, view: HELD if wanted in view else None


def matches(match: Match, key: str) -> Ready:
    """The whole value fits the key, in which * and ? are wildcards."""
    if COMPARATORS[match.comparator].wide:
        return wide(key)
    pattern = glob.parse(match.view(key))

    def ready() -> Find:
        budget = [limits.MATCH_STEPS]
        return lambda value, view: glob.match(pattern, value, view, budget)

    return ready


def wide(key: str) -> Ready:
    """The same for a comparator that maps one character to several."""
    from mdafilter.matching import wideglob

    pieces = wideglob.parse(key)

    def ready() -> Find:
        budget = [limits.MATCH_STEPS]
        return lambda value, view: wideglob.match(pieces, value, budget)

    return ready


def relation(match: Match, key: str) -> Ready:
    """:value and :count: the value stands in the relation to the key, value on the left (RFC 5231 section 4.1)."""
    wanted, holds = match.view(key), RELATIONS[match.relation]
    return lambda: lambda value, view: HELD if holds(view, wanted) else None


def regex(match: Match, key: str) -> Ready:
    """The POSIX extended regular expression is found in the value."""
    from mdafilter.matching.patterns import Budget  # rules without a regular expression never load `re`
    from mdafilter.words.regex import pattern_of

    pattern = pattern_of(key, match.comparator)

    def ready() -> Find:
        budget = Budget()
        return lambda value, view: pattern.search(value, budget)

    return ready


def check_relation(use: Use, match: Match, argument: int) -> None:
    from mdafilter.words.relational import check

    check(use, match)


def check_regex(use: Use, match: Match, argument: int) -> None:
    from mdafilter.words.regex import check

    check(use, match, argument)


def no_keys(match: Match, keys: list[str]) -> list[Ready]:
    """:list: the keys are names of lists, which the World has (extlists.py)."""
    return []


def check_list(use: Use, match: Match, argument: int) -> None:
    from mdafilter.words.extlists import check

    check(use)


MATCH_TYPES: dict[str, MatchType] = {
    "is": MatchType(is_),
    "contains": MatchType(each(contains), substrings=True),
    "matches": MatchType(each(matches), substrings=True),
    "value": MatchType(each(relation), check=check_relation),
    "count": MatchType(each(relation), check=check_relation),
    "regex": MatchType(each(regex), substrings=True, check=check_regex),
    "list": MatchType(no_keys, check=check_list),
}

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}


# --- how they stand on a word ------------------------------------------------------------------------------------

MATCH_TAGS: tuple[Tag, ...] = (
    Tag(":is", group="match-type"),
    Tag(":contains", group="match-type"),
    Tag(":matches", group="match-type"),
    Tag(":comparator", argument="string"),
)


class Match(Value):
    """A match type with its comparator and keys: what a test does with the values that it has chosen."""

    kind: str
    comparator: str
    relation: str  # of :value and :count, else ""
    keys: Texts

    @property
    def counts(self) -> bool:
        """Whether the number of values is compared and not they themselves (RFC 5231 section 4.2)."""
        return self.kind == "count"

    def view(self, text: str) -> Any:
        """The text as the comparator sees it."""
        return COMPARATORS[self.comparator].view(text)

    def test(self, scene: Scene, values: Iterable[str]) -> Answer:
        """Whether any value matches any key."""
        return self.test_named(scene, (("", value) for value in values))

    def test_named(self, scene: Scene, values: Iterable[tuple[str, str]]) -> Answer:
        """The same with a name for each value, for the answer: ("Subject", "*****SPAM***** Buy now").

        Values are taken one by one and only as long as none matched: "The interpreter MUST short-circuit tests"
        (RFC 5229 section 3.2).
        """
        keys = [ready() for ready in self._ready(scene)]
        if self.counts:
            values = [("count", str(sum(1 for _ in values)))]
        saw: list[str] = []
        view_of = COMPARATORS[self.comparator].view
        for name, value in values:
            view = view_of(value)
            if len(saw) < limits.SAW_VALUES:
                saw.append(clipped(value))
            for key in keys:
                found = key(value, view)
                if found is not None:
                    scene.matched = found[: limits.MATCH_VALUES] or scene.matched
                    return Answer(True, tuple(saw), clipped(f"{name}: {value}" if name else value))
        return Answer(False, tuple(saw))

    def _ready(self, scene: Scene) -> list[Ready]:
        """The keys, made ready; those without variables only once, and then kept with the rules."""
        if self.kind == "list":
            from mdafilter.words.extlists import ready

            return ready(scene, self.keys)
        known: list[Ready] | None = self.__dict__.get("_known")
        if known is None:
            known = MATCH_TYPES[self.kind].ready(self, [scene.expand(key) for key in self.keys])
            if all(isinstance(key, str) for key in self.keys):
                self.__dict__["_known"] = known
        return known

    def describe(self, subject: str = "") -> str:
        """As Sieve spells it: `:contains "Subject" "spam"`, where `subject` is what stands before the keys."""
        words = [f":{self.kind}"]
        if self.relation:
            words.append(f'"{self.relation}"')
        if self.comparator != DEFAULT_COMPARATOR:
            words.append(f':comparator "{self.comparator}"')
        return " ".join([*words, *([subject] if subject else []), listed(self.keys)])


def match_of(use: Use, keys_index: int) -> Match:
    """The match of a command: its match type, its comparator, and the keys, which are the argument `keys_index`."""
    kind = use.group("match-type")[1:] or "is"
    word = use.tag_text(f":{kind}") if kind in ("value", "count") else None
    match = Match(kind, _comparator(use), str(word).lower() if word else "", use.texts(keys_index))
    match_type = MATCH_TYPES[kind]
    if match_type.substrings and not COMPARATORS[match.comparator].substrings:
        use.error(
            f":{kind} cannot be used with the comparator {match.comparator}",
            "it compares whole numbers: use :is, :value or :count",
            tag=":comparator",
        )
    elif match_type.check is not None:
        match_type.check(use, match, keys_index)
    return match


def _comparator(use: Use) -> str:
    """The comparator's name, of one that exists: a mistake is reported and the default taken."""
    given = use.tag_text(":comparator")
    if given is None:
        return DEFAULT_COMPARATOR
    name = str(given).lower()  # RFC 4790 section 3.1 says nothing of case
    if name not in COMPARATORS:
        known = ", ".join(COMPARATORS)
        use.error(f'the comparator "{given}" is not known', f"known are {known}", tag=":comparator")
        return DEFAULT_COMPARATOR
    if COMPARATORS[name].required and not use.requires(f"comparator-{name}"):
        use.error(f'{name} needs the extension "comparator-{name}"', f'require "comparator-{name}";', tag=":comparator")
    return name


# The words that MATCH_TAGS stand on, for tags that stand on all of them; a test keeps the list complete.
MATCHING: tuple[str, ...] = (
    "header",
    "address",
    "envelope",
    "string",
    "body",
    "environment",
    "hasflag",
    "deleteheader",
    "spamtest",
    "virustest",
    "date",
    "currentdate",
    "metadata",
    "servermetadata",
    "attachment",
    "archive",
    "defect",
    "notify_method_capability",
)
