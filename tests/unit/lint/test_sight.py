"""Where in a script a word and its arguments stand."""

from __future__ import annotations

from mdafilter.lint.sight import Spot, token
from mdafilter.plan import Do, If
from mdafilter.texts import Where
from tests.support.lints import rules

SCRIPT = 'require "fileinto";\nif header "a" ["b", "c"] {\n  fileinto "x";\n}\n'
AT = Where("t.sieve", 9)


def test_words_arguments_and_strings_of_a_list() -> None:
    found = rules(SCRIPT)
    step = found.plan.steps[0]
    assert isinstance(step, If)
    test = step.branches[0].test
    assert found.sight.written(test)
    assert found.sight.of(test, AT) == Spot("t.sieve", 2, 4, 6)
    assert found.sight.argument(test, AT, 0) == Spot("t.sieve", 2, 11, 3)
    assert found.sight.argument(test, AT, 1) == Spot("t.sieve", 2, 16, 3)
    assert found.sight.argument(test, AT, 1, "c") == Spot("t.sieve", 2, 21, 3)
    assert found.sight.argument(test, AT, 5) == Spot("t.sieve", 2, 4, 6)
    filed = step.branches[0].then[0]
    assert isinstance(filed, Do)
    assert found.sight.argument(filed.action, AT, 0).line == 3


def test_what_is_no_word_of_a_script_has_the_place_of_its_rule() -> None:
    sight = rules(SCRIPT).sight
    assert not sight.written("x")
    assert sight.of("x", AT) == sight.argument("x", AT, 0) == Spot("t.sieve", 9, 1, 1)


def test_what_is_required() -> None:
    (required,) = rules(SCRIPT).sight.required["t.sieve"]
    assert token("t.sieve", required) == Spot("t.sieve", 1, 9, 10)
