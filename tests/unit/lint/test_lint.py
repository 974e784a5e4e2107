"""All lints together: the table, places and carets, and no false alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import lint, rulebook, settings
from mdafilter.cli import rulefile
from mdafilter.lint.rules import Rules
from mdafilter.lint.sight import Sight
from mdafilter.lint.sources import Sources
from tests.support.house import ROOT
from tests.support.lints import problems

SHARED = ("rules", "sight", "sources", "truth", "walk")
SLOW = "this regular expression can need exponential time"
# What is wrong there on purpose.
WANTED = {f"tests/cases/hostile-pattern/rules.{ending}": [SLOW] for ending in ("sieve", "procmailrc", "regexp")}
SHIPPED = sorted(
    path
    for folder in ("rules", "examples", "tests/cases", "tests/e2e/procmailrc")
    for pattern in ("*.sieve", "*procmailrc", "*.regexp", "*.pcre", "*_checks")
    for path in (ROOT / folder).rglob(pattern)
    if path.is_file()
)


def test_each_lint_is_one_file_and_one_line_of_the_table() -> None:
    files = {path.stem for path in (ROOT / "mdafilter/lint").glob("*.py")} - {"__init__", *SHARED}
    assert sorted(file for file, _code, _what in lint.TABLE) == sorted(files)
    assert len({code for _file, code, _what in lint.TABLE}) == len(lint.TABLE)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_false_alarm_on_what_is_shipped(path: Path) -> None:
    sight, sources = Sight(), Sources()
    text = path.read_bytes()
    sources.give(str(path), text)
    library = rulebook.folders(settings.Settings(), "")
    compiled = rulefile.compiled(str(path), text, None, library, sight)
    found = [problem.text for problem in lint.problems(Rules(compiled.plan, sight), sources)]
    assert found == WANTED.get(str(path.relative_to(ROOT)), [])


def test_of_a_file_with_errors_some_are_asked() -> None:
    assert {file for file, _code, _what in lint.TABLE} >= lint.ALONE


def test_a_warning_has_its_line_a_caret_a_hint_and_a_code() -> None:
    (problem,) = problems('if header :contains "x"\n  "" { keep; }')
    assert problem.show() == (
        't.sieve:2:3: warning: every value matches this key\n  |   "" { keep; }\n  |   ^~\n'
        '  = to ask for the field itself, write: exists "x"'
    )
    assert (problem.code, problem.severity) == ("matches-everything", "warning")


def test_the_caret_stands_at_what_is_meant_in_a_recipe() -> None:
    (problem,) = problems(":0\n* x\n* ^(a+)+$\nbox\n", "a.rc")
    assert (problem.line, problem.column, problem.length, problem.source) == (3, 3, 7, "* ^(a+)+$")


def test_warnings_come_in_the_order_of_the_file_and_once() -> None:
    found = problems('if false { keep; }\nif anyof (true, exists "a") { keep; }\nif false { stop; }\n')
    assert [(problem.line, problem.code) for problem in found] == [
        (1, "constant-condition"),
        (2, "constant-condition"),
        (3, "constant-condition"),
    ]


def test_many_rules_are_looked_at_in_time() -> None:
    script = "".join(f'if header "a" "{n}" {{ stop; }}\n' for n in range(1500))
    assert problems(script) == ()
