"""`:index` and `:last` (RFC 5260 section 6)."""

from __future__ import annotations

import pytest

from tests.support.script import decide, folders
from tests.support.sieve import errors, said

MAIL = b"""To: a@example.org, b@example.org
X: 1
Cc: c@example.org
X: 2
To: d@example.org
Y: y
X: 3
Content-Type: multipart/mixed; boundary=m

--m
X: part

one
--m--
"""
REQUIRE = 'require ["index", "fileinto", "relational", "comparator-i;ascii-numeric", "mime"];\n'
NUMERIC = ':comparator "i;ascii-numeric"'


def holds(test: str) -> bool:
    return folders(decide(f'{REQUIRE}if {test} {{ fileinto "yes"; }}', MAIL)) == ["yes"]


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('header :index 1 "x" "1"', True),
        ('header :index 1 "x" "2"', False),
        ('header :index 3 "x" "3"', True),
        ('header :index 4 "x" ["1", "2", "3"]', False),
        ('header :index 9223372036854775807 "x" ["1", "2", "3"]', False),
        ('header :index 1 :last "x" "3"', True),
        ('header :last :index 1 "x" "3"', True),
        ('header :index 3 :last "x" "1"', True),
        ('header :index 4 :last "x" ["1", "2", "3"]', False),
        ('header :contains :index 1 "none" ""', False),
        ('not header :index 2 "x" "1"', True),
        ('header :index 2 :count "eq" :comparator "i;ascii-numeric" "x" "1"', True),
        ('header :index 4 :count "eq" :comparator "i;ascii-numeric" "x" "0"', True),
    ],
)
def test_the_field_of_a_number(test: str, held: bool) -> None:
    """ "The attempts to match a value are limited to the header field fieldno (beginning at 1, the first named header
    field). If :last is also specified, the count is backwards"."""
    assert holds(test) is held


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('header :index 1 ["y", "x"] "y"', True),
        ('header :index 2 ["y", "x"] "1"', True),
        ('header :index 4 ["x", "y"] "y"', True),
        ('header :index 1 :last ["x", "y"] "y"', True),
        ('header :index 1 :last ["y", "x"] "3"', True),
        ('header :index 3 ["x", "y"] "y"', False),
        ('address :index 3 ["to", "cc"] "c@example.org"', True),
        ('address :index 2 ["to", "cc"] "c@example.org"', False),
    ],
)
def test_several_names(test: str, held: bool) -> None:
    """ "All the named header fields are counted in the order specified by the header-list"."""
    assert holds(test) is held


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('address :index 1 "to" ["a@example.org"]', True),
        ('address :index 1 "to" ["b@example.org"]', True),
        ('address :index 1 "to" ["d@example.org"]', False),
        ('address :index 2 :localpart "to" "d"', True),
        ('address :index 1 :last "to" "d@example.org"', True),
        ('address :index 2 :last "to" "d@example.org"', False),
        (f'address :index 1 :count "eq" {NUMERIC} "to" "2"', True),
        (f'address :index 2 :count "eq" {NUMERIC} "to" "1"', True),
        (f'address :index 3 :count "eq" {NUMERIC} "to" "0"', True),
    ],
)
def test_addresses_in_a_field_are_not_counted(test: str, held: bool) -> None:
    """ ":index only counts separate header fields, not multiple occurrences within a single field"."""
    assert holds(test) is held


def test_fields_of_parts_are_counted_as_they_are_looked_at() -> None:
    assert holds('header :index 4 :mime :anychild "x" "part"')
    assert holds('header :index 1 :last :mime :anychild "x" "part"')
    assert not holds('header :index 4 "x" "part"')


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ('header :last "x" "1"', ":last without :index"),
        ('address :last "to" "1"', ":last without :index"),
        ('header :index 0 "x" "1"', ":index 0 is no field"),
        ('header :index "1" "x" "1"', ":index must be followed by a number"),
        ('header :index 1 :index 2 "x" "1"', ":index stands here twice"),
        ('exists :index 1 "x"', ":index cannot stand on `exists`"),
        ('envelope :index 1 "to" "x"', ":index cannot stand on `envelope`"),
    ],
)
def test_mistakes(test: str, error: str) -> None:
    """ "Specifying :last without :index is an error"."""
    (found,) = errors(f'require ["index", "envelope"];\nif {test} {{ stop; }}')
    assert error in found


@pytest.mark.parametrize("word", ["header", "address"])
def test_it_needs_its_extension(word: str) -> None:
    (error,) = errors(f'if {word} :index 1 "to" "1" {{ stop; }}')
    assert 'require "index"' in error


@pytest.mark.parametrize(
    "test",
    ['header :index 2 :is "x" "1"', 'header :index 2 :last :mime :is "x" "1"', 'address :index 1 :all :is "to" "x"'],
)
def test_it_describes_itself(test: str) -> None:
    assert [one.what for one in decide(f"{REQUIRE}if {test} {{ stop; }}", MAIL).trace if one.answer] == [test]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["index", "date"];\nif date :last "date" "year" "x" { stop; }',
            "error 2:9 :last without :index | write :index 1 :last for the last one",
        ),
        (
            'require ["index", "date"];\nif date :index 0 "date" "year" "x" { stop; }',
            "error 2:9 :index 0 is no field | the first one is 1 (RFC 5260 section 6)",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
