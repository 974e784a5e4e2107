"""`:regex` in scripts."""

from __future__ import annotations

import pytest

from mdafilter.acts import File, Keep
from mdafilter.errors import RuleErrors
from mdafilter.matching.patterns import Budget
from tests.support.script import acts, compiled, decide
from tests.support.sieve import said

HEAD = 'require ["regex", "variables", "fileinto"];\n'
MESSAGE = b"Subject: [Acme-Users] hello\nX-Long: " + b"a" * 900 + b"b\nTo: me+list@company.com\n\n"


def test_match_values_are_the_groups() -> None:
    """RFC 5229, 3.2: a new match type "MAY specify that match variables are set as a side effect"."""
    script = 'if header :regex "Subject" "^\\\\[([a-z-]+)\\\\] (x)?" { fileinto "lists.${1}${2}"; }'
    assert acts(decide(HEAD + script, MESSAGE)) == [File("lists.Acme-Users")]


def test_the_case_counts_for_octets() -> None:
    test = 'header :regex :comparator "i;octet" "subject" "^[^[:lower:]]+$"'
    assert acts(decide(f"{HEAD}if {test} {{ discard; }}", MESSAGE)) == [Keep()]


def test_address_and_regex() -> None:
    test = 'address :regex ["to", "cc", "bcc"] "me(\\\\+.*)?@company\\\\.com"'
    assert decide(f"{HEAD}if {test} {{ discard; }}", MESSAGE).decided[0].why == "To: me+list@company.com"


def test_mistakes_point_into_the_pattern() -> None:
    with pytest.raises(RuleErrors) as raised:
        compiled(f'{HEAD}if header :regex "a" ["b", "x(y"] {{ stop; }}')
    problem = raised.value.problems[0]
    assert problem.text == "regular expression: a ( without a )"
    assert problem.hint == 'here: "(y"'


def test_what_posix_does_not_know_is_warned_of() -> None:
    warning = compiled(f'{HEAD}if header :regex "a" "\\\\d" {{ stop; }}').warnings[0]
    assert "\\d means the letter d" in warning.text


def test_a_pattern_made_of_variables_that_is_wrong_keeps_the_message() -> None:
    decision = decide(f'{HEAD}set "p" "(";\nif header :regex "Subject" "${{p}}" {{ discard; }}', MESSAGE)
    assert acts(decision) == [Keep()]
    assert "without a )" in decision.notes[0]


def test_a_stalling_rule_is_skipped_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pattern may stall a delivery: the rule is skipped, the others run, nothing is lost."""
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))
    script = 'if header :regex "X-Long" "(a+)+$" { discard; } if header :contains "Subject" "hello" { fileinto "b"; }'
    decision = decide(HEAD + script, MESSAGE)
    assert acts(decision) == [File("b")]
    assert "the rule was skipped" in decision.notes[0]
    assert decision.notes[0].startswith("test.sieve:2")


def test_it_needs_its_extension() -> None:
    with pytest.raises(RuleErrors, match="regex"):
        compiled('if header :regex "a" "b" { stop; }')


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["regex"];\nif header :regex "a" "b(" { stop; }',
            'error 2:22 regular expression: a ( without a ) | here: "("',
        ),
        (
            'require ["regex"];\nif header :regex "a" "a(b" { stop; }',
            'error 2:22 regular expression: a ( without a ) | here: "(b"',
        ),
        (
            'require ["regex", "comparator-i;unicode-casemap"];\nif header :regex :comparator "i;unicode-casemap" "a" "b" { stop; }',
            "error 2:18 :regex cannot be used with the comparator i;unicode-casemap | it ignores the case of ASCII letters, or with i;octet of none",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


def test_a_mistake_at_the_end() -> None:
    assert said('require "regex"; if header :regex "a" "[[::]" { stop; }') == [
        "error 1:39 regular expression: no class of characters: [::] | at the end of the pattern"
    ]
