"""Postfix' header_checks -> plan."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, Keep, Redirect, Reject
from mdafilter.errors import RuleErrors
from mdafilter.lang import tables
from mdafilter.plan import Branch, Do, If, Plan, Stop, Where
from mdafilter.words.grep import Grep
from mdafilter.words.reject import Refusal
from tests.support.procmail import decide

REJECTED = Reject("message content rejected")


def test_a_line_is_made_of_the_nodes_of_every_language() -> None:
    where = Where("t.regexp", 1)
    then = (Do(Refusal("message content rejected"), where), Stop("all", "", where))
    step = If((Branch(Grep("field", "^Subject:.*viagra", "ere"), then, where),))
    assert tables.compile(b"/^Subject:.*viagra/ REJECT\n", "t.regexp").plan == Plan((step,), "t.regexp")


@pytest.mark.parametrize(
    ("table", "act"),
    [
        ("/^Subject:.*viagra/ REJECT", REJECTED),
        ("/^subject:.*VIAGRA/ reject no pills", Reject("no pills")),
        ("/^subject:.*VIAGRA/i REJECT", Keep()),
        ("/^Subject:.*viagra/\n   DISCARD", Discard()),
        ("/^Subject/ REDIRECT ann@example.org", Redirect("ann@example.org")),
        ("/^Subject:.*viagra/ DUNNO\n/viagra/ REJECT", Keep()),
        ("/^From/ DUNNO\n/viagra/ REJECT", REJECTED),
        ("/viagra/ WARN a pill\n/^Subject/ REJECT", Keep()),
        ("!/^(From|To|Subject):/ REJECT", Keep()),
        ("!/^(From|To):/ REJECT", REJECTED),
        ("/^From:/ DISCARD\n/^Subject:/ REJECT", Discard()),
        ("/Buy now/ REJECT", Keep()),
        ("/^Subject:.*(viagra) (f.r)/ REJECT no ${1}, $(2) $$1", Reject("no viagra, for $1")),
        ("/^To: (.*)@/ REDIRECT $1@example.org", Redirect("ann@example.org")),
    ],
)
def test_the_first_line_that_matches_a_field_decides_about_it(table: str, act: object) -> None:
    """header_checks(5): "When a match is found the corresponding action is executed" and the next field is tried."""
    assert [decided.act for decided in decide(table, "t.regexp").decided] == [act]


def test_a_redirect_to_what_is_no_address_keeps() -> None:
    decision = decide("/^Subject: (.*)/ REDIRECT $1@example.org", "t.regexp")
    assert [decided.act for decided in decision.decided] == [Keep()]
    assert "is not an address" in decision.notes[0]


def test_a_warning_is_noted() -> None:
    assert decide("/(v...)ra/ WARN a $1", "t.regexp").notes == ("t.regexp:1: a viag",)
    assert decide("/viagra/ WARN a pill", "t.regexp").notes == ("t.regexp:1: a pill",)


@pytest.mark.parametrize(
    ("name", "held"), [("t.pcre", True), ("t.regexp", False), ("header_checks", False), ("x/header_checks.pcre", True)]
)
def test_the_name_tells_the_patterns(name: str, held: bool) -> None:
    decision = decide(
        "/^Subject: \\*+SPAM\\D+via(?:g)ra/ DISCARD" if held else "/^Subject:.*\\*+S{1}PAM/ DISCARD", name
    )
    assert [decided.act for decided in decision.decided] == [Discard()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("/a/ FILTER smtp:x", "1:5 not supported yet: FILTER"),
        ("/a/ PREPEND X: y", "1:5 not supported yet: PREPEND"),
        ("/a/ EXPLODE", '1:5 there is no action "EXPLODE"'),
        ("/a/", "1:4 there is no action after the pattern"),
        ("/a/x DUNNO", '1:1 not supported yet: the flag "x"'),
        ("/a(/ REJECT", "1:3 regular expression: a ( without a )"),
        ("/a/ REDIRECT nobody", '1:5 "nobody" is not an address'),
        ("if /a/", "1:1 not supported yet: if ... endif"),
        ("# c\n\n/a/ REJECT\n/b/ HOLD", "4:5 not supported yet: HOLD"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(text: str, problem: str) -> None:
    with pytest.raises(RuleErrors) as raised:
        tables.compile(text.encode(), "t.regexp")
    first = raised.value.problems[0]
    assert f"{first.line}:{first.column} {first.text}" == problem


@pytest.mark.parametrize("name", ["body_checks", "mime_header_checks.pcre", "nested_header_checks"])
def test_tables_that_look_at_something_else(name: str) -> None:
    with pytest.raises(RuleErrors, match="not supported yet: "):
        tables.compile(b"/a/ REJECT", name)


def test_a_long_table_is_refused() -> None:
    with pytest.raises(RuleErrors, match="longer than"):
        tables.compile(b"#" * (limits.SCRIPT_OCTETS + 1), "t.regexp")


def test_lines_that_leave_a_field_alone_are_bounded() -> None:
    """Each of them is remembered by every line after it."""
    text = b"/a/ DUNNO\n" * limits.TABLE_EXCEPTIONS
    tables.compile(text, "t.regexp")
    with pytest.raises(RuleErrors, match="more than"):
        tables.compile(text + b"/a/ DUNNO\n", "t.regexp")
