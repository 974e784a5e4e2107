"""ihave and error (RFC 5463)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep
from mdafilter.errors import RuleErrors, RuleFailed
from mdafilter.texts import Template, Var
from mdafilter.words.ihave import Error, Have
from tests.support.scene import scene
from tests.support.script import acts, compiled, decide, folders
from tests.support.sieve import said


def test_what_is_there_may_be_used_in_its_block() -> None:
    script = 'require "ihave"; if ihave ["fileinto", "comparator-i;octet"] { fileinto "A"; } else { discard; }'
    assert folders(decide(script)) == ["A"]


@pytest.mark.parametrize("names", ['"vnd.nobody.word"', '["fileinto", "vnd.nobody.word"]'])
def test_one_that_is_missing_is_enough_to_fail(names: str) -> None:
    """Section 4: "If any of the specified capabilities are unavailable, the test fails"."""
    script = f'require ["ihave", "imap4flags"]; if ihave {names} {{ nobody :knows "this"; }} else {{ addflag "no"; }}'
    assert acts(decide(script)) == [Keep(("no",))]


@pytest.mark.parametrize("name", ["variables", "encoded-character"])
def test_what_changes_the_language_is_not_there(name: str) -> None:
    """Section 4: "The test MUST fail and the extension MUST NOT be enabled if such usage is attempted." """
    assert acts(decide(f'require "ihave"; if ihave "{name}" {{ discard; }}')) == [Keep()]


def test_what_is_required_is_there() -> None:
    """Section 4, point 3: "an "ihave" test of that extension will always return true"."""
    script = 'require ["ihave", "variables", "fileinto"]; set "x" "A"; if ihave "variables" { fileinto "${x}"; }'
    assert folders(decide(script)) == ["A"]


def test_capabilities_are_constant() -> None:
    """Section 4: "It is an error to pass a non-constant string as an argument to "ihave"." """
    with pytest.raises(RuleErrors, match="must be constant"):
        compiled('require ["ihave", "variables"]; set "x" "body"; if ihave "${x}" { discard; }')


def test_error_keeps_the_message_and_says_why() -> None:
    """Section 5: "The error control causes script execution to terminate with a run-time error." """
    decision = decide('require ["ihave", "fileinto"]; fileinto "A"; error "Nothing works: ü"; fileinto "B";')
    assert acts(decision) == [Keep()]
    assert decision.notes == ("test.sieve: Nothing works: ü; the message is kept",)


def test_the_text_of_error_may_have_variables() -> None:
    here = scene()
    here.set("what", "regex")
    with pytest.raises(RuleFailed, match="no regex here"):
        Error(Template(("no ", Var("what"), " here"))).acts(here)


def test_the_answer_says_what_is_missing() -> None:
    assert Have(("a", "b"), ("b",)).ask(scene()).saw == ("not there: b",)
    assert Have(("a",)).ask(scene()).held


def test_they_describe_themselves_as_sieve() -> None:
    assert Have(("a", "b")).describe() == 'ihave ["a", "b"]'
    assert Error("no").describe() == 'error "no"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["ihave", "variables"];\nif ihave "${a}" { stop; }',
            "error 2:10 the capabilities of ihave must be constant | write them without ${...} (RFC 5463 section 4)",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
