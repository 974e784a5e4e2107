"""`header`: the fields, their values, and the keys."""

from __future__ import annotations

import pytest

from mdafilter.decision import Answer
from mdafilter.words.header import Header
from mdafilter.words.match import Match
from tests.support.scene import scene
from tests.support.script import compiled, decide

MESSAGE = b"""\
X-Caffeine: C8H10N4O2
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
 aus =?iso-8859-1?b?S/ZsbmVy?=   \t
Subject: second
X-Empty:
From: a@example.org

body
"""


def ask(names: tuple[str, ...], kind: str, *keys: str) -> Answer:
    return Header(names, Match(kind, "i;ascii-casemap", "", keys)).ask(scene(MESSAGE))


@pytest.mark.parametrize(
    ("kind", "name", "held"),
    [
        ("is", "X-Caffeine", False),
        ("contains", "X-Caffeine", True),
        ("contains", "X-Tea", False),
        ("is", "X-Empty", True),
    ],
)
def test_the_empty_key(kind: str, name: str, held: bool) -> None:
    """RFC 5228, 5.7: "If a header listed in the header-names argument exists, it contains the empty key (""). However,
    if the named header is not present, it does not match any key, including the empty key."."""
    assert ask((name,), kind, "").held is held


def test_values_are_unfolded_decoded_and_stripped() -> None:
    """RFC 5228, 5.7: "if the value of any of the named headers, ignoring leading and trailing whitespace, matches"."""
    assert ask(("subject",), "is", "Grüße aus Kölner").held


def test_any_field_and_any_key_is_enough() -> None:
    """RFC 5228, 5.7: "this test returns true if any combination of the header-names list and key-list arguments match"."""
    answer = ask(("X-Tea", "Subject"), "is", "first", "SECOND")
    assert answer == Answer(True, ("Grüße aus Kölner", "second"), "Subject: second")


def test_names_are_compared_without_case() -> None:
    """RFC 5228, 2.7: "Header comparisons are always done with the "i;ascii-casemap" operator"."""
    assert ask(("x-CAFFEINE",), "is", "c8h10n4o2").held


@pytest.mark.parametrize("name", ["Subject:", "Sub ject", "", "Größe"])
def test_a_name_that_no_field_can_have_is_no_error(name: str) -> None:
    """RFC 5228, 2.4.2.2: "An implementation MUST NOT cause an error for syntactically invalid header names in tests."."""
    script = f'if header :contains "{name}" "" {{ discard; }}'
    assert [problem.severity for problem in compiled(script).warnings] == ["warning"]
    assert [decided.at for decided in decide(script).decided] == [None]


def test_names_may_have_variables() -> None:
    script = 'require "variables"; set "name" "ject"; if header :is "Sub${name}" "hello" { discard; }'
    assert decide(script).decided[0].why == "Subject: hello"


def test_the_description_is_sieve() -> None:
    script = 'if header :matches ["Subject", "X"] ["a*", "b"] { stop; }'
    asked = decide(script).trace[0]
    assert asked.what == 'header :matches ["Subject", "X"] ["a*", "b"]'
