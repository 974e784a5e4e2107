"""One test of Sieve, borrowed by another language."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from mdafilter.lang.sieve import single
from mdafilter.words.logic import Always
from tests.support.scene import scene
from tests.support.sieve import line

MAIL = b"Subject: hello\nTo: ann@example.net\n\nbody\n"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('header :contains "subject" "ell"', True),
        ('not header "subject" "hello"', False),
        ('allof (size :over 1, address :domain "to" "example.net")', True),
        ('virustest :value "ge" :comparator "i;ascii-numeric" "4"', False),
        ("true # a comment", True),
        ('header "subject" "{;}"', False),
        ('header "subject" "${unicode:68}ello"', True),
    ],
)
def test_a_test(text: str, held: bool) -> None:
    test, warnings = single.condition(text, "rc")
    assert test.ask(scene(MAIL)).held is held
    assert warnings == ()


def test_what_is_decided_already() -> None:
    assert single.condition('ihave "fileinto"', "rc")[0] == Always(True)
    assert single.condition('ihave "nothing.of.this"', "rc")[0] == Always(False)


def test_variables_are_left_alone() -> None:
    assert single.condition('header "subject" "${x}"', "rc")[0].describe() == 'header :is "subject" "${x}"'


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 1, "`if` needs a test"),
        ("heder :contains", 1, "unknown test `heder`"),
        ('not header "a"', 5, "takes 2 arguments"),
        ('true { discard; } if header "a" "b"', 6, "a test ends here"),
        ('header "a" "b";', 15, "a test ends here, and nothing can follow | one test is meant"),
        ('header "a" "b', 12, "never closed"),
        ("discard", 1, "discard"),
    ],
)
def test_mistakes_have_their_column(text: str, column: int, problem: str) -> None:
    with pytest.raises(RuleErrors) as raised:
        single.condition(text, "rc")
    first = raised.value.problems[0]
    assert problem in line(first)
    assert (first.line, first.column) == (1, column)


def test_warnings() -> None:
    (warning,) = single.condition('header "a:b" "c"', "rc")[1]
    assert "colon" in warning.text
    assert warning.column == 8
