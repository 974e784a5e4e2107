"""test, test_fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.errors import RuleErrors
from tests.support.rehearsal import reasons, rehearse
from tests.support.sieve import line


def test_each_case_counts_once_and_ends_with_its_first_failure(tmp_path: Path) -> None:
    text = 'test "a" { } test "b" { test_fail "first"; test_fail "second"; } test "c" { }'
    assert reasons(tmp_path, text) == [None, "first", None]


def test_names_and_reasons_have_variables(tmp_path: Path) -> None:
    report = rehearse(tmp_path, 'set "x" "y"; test "of ${x}" { test_fail "because of ${x}"; }')
    assert [(result.name, result.reason) for result in report.results] == [("of y", "because of y")]


def test_a_failure_has_its_line(tmp_path: Path) -> None:
    (result,) = rehearse(tmp_path, 'test "a" {\n\n  if true {\n    test_fail "x"; } }').results
    assert result.at.line == 5


@pytest.mark.parametrize(
    "inner",
    ['test "b" { }', 'if true { test "b" { } }', 'if false { } else { test "b" { } }', 'foreverypart { test "b" { } }'],
)
def test_cases_do_not_stand_in_each_other(tmp_path: Path, inner: str) -> None:
    with pytest.raises(RuleErrors) as raised:
        rehearse(tmp_path, f'test "a" {{ {inner} }}')
    assert line(raised.value.problems[0]) == (
        "2:1 tests cannot be nested: there is another one in line 2 | close this one before it"
    )


def test_a_case_may_stand_in_an_if(tmp_path: Path) -> None:
    text = 'if ihave "vnd.nobody.x" { test "a" { test_fail "x"; } } else { test "b" { } }'
    assert reasons(tmp_path, text) == [None]


@pytest.mark.parametrize("wrong", ["test { }", 'test "a";', "test_fail;", 'test_fail "a" "b";'])
def test_arguments_are_checked(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(RuleErrors):
        rehearse(tmp_path, wrong)
