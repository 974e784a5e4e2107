"""`:value` and `:count`."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from tests.support.script import compiled, decide
from tests.support.sieve import said

HEAD = 'require ["relational", "comparator-i;ascii-numeric"];\n'
NUMERIC = ':comparator "i;ascii-numeric"'
MESSAGE = b"""\
received: ...
received: ...
subject: example
to: foo@example.com, baz@example.com
cc: qux@example.com
x-priority: 2 (high)
from: nina@example.org

"""


@pytest.mark.parametrize(
    ("test", "held"),
    [  # section 6 and 7 of the RFC
        (f'address :count "ge" {NUMERIC} ["to", "cc"] ["3"]', True),
        (f'anyof (address :count "ge" {NUMERIC} "to" "3", address :count "ge" {NUMERIC} "cc" "3")', False),
        (f'header :count "ge" {NUMERIC} ["received"] ["3"]', False),
        (f'header :count "ge" {NUMERIC} ["received", "subject"] ["3"]', True),
        (f'header :count "ge" {NUMERIC} ["to", "cc"] ["3"]', False),
        (f'header :value "lt" {NUMERIC} "x-priority" "3"', True),
        (f'header :value "GT" {NUMERIC} "x-priority" ["5", "1"]', True),
        ('address :value "gt" :all :comparator "i;ascii-casemap" "from" "M"', True),
        (f'header :count "eq" {NUMERIC} "x-none" "0"', True),
        (f'header :value "eq" {NUMERIC} "x-none" "0"', False),
    ],
)
def test_the_examples_of_the_standard(test: str, held: bool) -> None:
    """RFC 5231, 4.1: "If there are multiple values on either side or both sides, the test is considered true if any
    pair is true."."""
    assert (decide(f"{HEAD}if {test} {{ discard; }}", MESSAGE).decided[0].at is not None) is held


@pytest.mark.parametrize("relation", ["", "=", "more"])
def test_an_unknown_relation(relation: str) -> None:
    with pytest.raises(RuleErrors, match="is no relation"):
        compiled(f'{HEAD}if header :value "{relation}" "a" "b" {{ stop; }}')


def test_counting_as_text_is_warned_of() -> None:
    """RFC 5231, 4.2: "The COUNT match type SHOULD only be used with numeric comparators."."""
    assert "10 is less than 9" in compiled(f'{HEAD}if header :count "gt" "a" "9" {{ stop; }}').warnings[0].text


def test_they_need_their_extension() -> None:
    with pytest.raises(RuleErrors, match="relational"):
        compiled('if header :value "gt" "a" "b" { stop; }')


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["relational"];\nif header :value "over" "a" "1" { stop; }',
            'error 2:11 "over" is no relation | relations are gt, ge, lt, le, eq, ne',
        ),
        (
            'require ["relational"];\nif header :count "gt" "a" "1" { stop; }',
            'warning 2:11 :count compares as text with the comparator i;ascii-casemap, where 10 is less than 9 | add: :comparator "i;ascii-numeric"',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
