"""RFC 5228 section 2.6: tags first, no tag twice, the right kinds and numbers of arguments. Every error text."""

from __future__ import annotations

from types import ModuleType

import pytest

from mdafilter.errors import RuleErrors
from mdafilter.lang.sieve import compile
from mdafilter.lang.sieve.vocabulary import Vocabulary
from mdafilter.plan import Stop
from mdafilter.words import logic
from mdafilter.words.syntax import Tag, Use, Word
from tests.support.sieve import errors as all_errors

SEEN: list[dict[str, object]] = []


def build(use: Use) -> Stop:
    """Writes down what it was given."""
    tags = ("a", "b", "n", "list", "again", "far")
    SEEN.append(
        {
            "given": use.given(),
            "tags": [tag for tag in tags if use.has(f":{tag}")],
            "group": use.group("g"),
            "n": use.tag_number(":n"),
            "list": use.tag_texts(":list"),
            "again": use.tag_texts(":again"),
        }
    )
    return Stop("all", "", use.at)


TAGS = (
    Tag(":a", group="g"),
    Tag(":b", group="g"),
    Tag(":n", argument="number"),
    Tag(":list", argument="strings"),
    Tag(":again", argument="string", repeatable=True),
    Tag(":paid", requires=("money", "gold")),
)
SMALL = ModuleType("small")
SMALL.WORDS = (  # type: ignore[attr-defined]
    Word("one", "step", build, ("string",), tags=TAGS),
    Word("two", "step", build, ("strings", "number")),
    Word("front", "step", build, ("string", "strings"), optional=1),
    Word("behind", "step", build, ("string", "strings"), optional_last=1),
    Word("none", "step", build),
    Word("around", "step", build, block=True),
    Word("dear", "step", build, requires=("money", "gold")),
)
SMALL.TAGS = (Tag(":far", on=("one", "two")),)  # type: ignore[attr-defined]
VOCABULARY = Vocabulary(
    [
        ("small", "one two front behind none around dear :far :paid", "money gold"),
        ("logic", "not anyof allof true false", ""),
    ],
    {"small": SMALL, "logic": logic}.__getitem__,
)


def seen(script: str) -> dict[str, object]:
    SEEN.clear()
    try:
        compile(script.encode(), "t.sieve", vocabulary=VOCABULARY)
    except RuleErrors as wrong:
        raise AssertionError(wrong) from wrong
    return SEEN[0]


def errors(script: str) -> list[str]:
    return all_errors(script, vocabulary=VOCABULARY)


def test_tags_in_any_order_before_the_arguments() -> None:
    """RFC 5228 section 2.6.2: "they may appear in any order with other tagged arguments" """
    assert seen('one :list ["x", "y"] :n 5 :a "z";') == {
        "given": 1,
        "tags": ["a", "n", "list"],
        "group": ":a",
        "n": 5,
        "list": ("x", "y"),
        "again": None,
    }
    assert seen('one "z";')["group"] == ""
    assert seen('one :far "z";')["tags"] == ["far"]


def test_a_repeatable_tag_collects() -> None:
    assert seen('one :again "x" :again "y" "z";')["again"] == ("x", "y")


@pytest.mark.parametrize(
    ("script", "given"),
    [
        ('front "a";', 1),
        ('front ["a"];', 1),
        ('front "a" ["b"];', 2),
        ('behind "a";', 1),
        ('behind "a" ["b"];', 2),
        ("none;", 0),
        ('two "a" 5;', 2),
        ('two ["a"] 5;', 2),
    ],
)
def test_arguments_that_may_be_missing(script: str, given: int) -> None:
    assert seen(script)["given"] == given


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('one :zzz "a";', "1:5 unknown tag :zzz on `one` | `one` knows :a, :b, :n, :list, :again, :paid"),
        ('one :lst "a";', "1:5 unknown tag :lst on `one` | did you mean :list?"),
        ("none :x;", "1:6 unknown tag :x on `none` | `none` knows none"),
        ("none :far;", "1:6 :far cannot stand on `none` | it stands on one, two"),
        ('one :paid "a";', '1:5 :paid needs the extension "money" | require "money"; or require "gold";'),
        ('one :n "a";', "1:5 :n must be followed by a number | written: :n NUMBER"),
        ("one :n;", "1:5 :n must be followed by a number | written: :n NUMBER"),
        ('one :list 5 "a";', "1:5 :list must be followed by a string or a list of strings | written: :list STRINGS"),
        ('one :again ["a"] "a";', "1:5 :again must be followed by a string | written: :again STRING"),
        ('one :a :a "a";', "1:8 :a stands here twice | remove one"),
        ('one :n 1 :n 1 "a";', "1:10 :n stands here twice | remove one"),
        ('one :a :b "a";', "1:8 :a and :b exclude each other | remove one"),
        (
            'one "a" :a;',
            "1:9 :a must stand before the other arguments"
            " | tags come first (RFC 5228 section 2.6.2): written: one [TAGS] STRING;",
        ),
        ("one;", "1:1 `one` takes 1 argument, 0 are given | written: one [TAGS] STRING;"),
        ('one "a" "b";', "1:9 `one` takes 1 argument, 2 are given | written: one [TAGS] STRING;"),
        ('two "a";', "1:1 `two` takes 2 arguments, 1 is given | written: two STRINGS NUMBER;"),
        ("front;", "1:1 `front` takes 1 to 2 arguments, 0 are given | written: front [STRING] STRINGS;"),
        ("behind;", "1:1 `behind` takes 1 to 2 arguments, 0 are given | written: behind STRING [STRINGS];"),
        ('none "a";', "1:6 `none` takes no arguments | written: none;"),
        (
            'one ["a"];',
            "1:5 argument 1 of `one` must be a string, not a list of strings | written: one [TAGS] STRING;",
        ),
        ("one 5;", "1:5 argument 1 of `one` must be a string, not a number | written: one [TAGS] STRING;"),
        (
            'two "a" "b";',
            "1:9 argument 2 of `two` must be a number, not a string | written: two STRINGS NUMBER;",
        ),
        (
            "two 5 5;",
            "1:5 argument 1 of `two` must be a string or a list of strings, not a number"
            " | written: two STRINGS NUMBER;",
        ),
        ("dear;", '1:1 `dear` needs the extension "money" | require "money"; or require "gold";'),
        ("if not {}", "1:4 `not` needs a test | written: not TEST"),
        ("if not (true) {}", "1:4 `not` takes one test, without parentheses | written: not TEST"),
        ("if anyof {}", "1:4 `anyof` needs tests in parentheses | written: anyof (TEST, TEST...)"),
        ("if anyof true {}", "1:4 the tests of `anyof` stand in parentheses | written: anyof (TEST, TEST...)"),
        ("if true (false) {}", "1:10 `true` takes no tests | written: true"),
        ("none (true);", "1:7 `none` takes no tests | written: none;"),
        ("none {}", "1:1 `none` takes no block | `;` ends none; did you mean if?"),
        ("around;", "1:7 `around` needs a block | write { ... } and no `;`"),
    ],
)
def test_errors(script: str, error: str) -> None:
    assert errors(script) == [error]


@pytest.mark.parametrize("capability", ["money", "gold"])
def test_one_of_several_extensions_is_enough(capability: str) -> None:
    assert errors(f'require "{capability}"; dear; one :paid "a";') == []


def test_what_is_not_required_is_said_once() -> None:
    assert len(errors('dear; dear; one :paid "a";')) == 1
