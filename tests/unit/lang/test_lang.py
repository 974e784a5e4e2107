"""The table from file name to language, and the way into a language."""

from __future__ import annotations

import pytest

from mdafilter import lang
from mdafilter.errors import RuleErrors
from mdafilter.plan import Stop


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("default.sieve", "sieve"),
        ("/home/u/.dovecot.sieve", "sieve"),
        ("/home/u/.mdafilter.sieve", "sieve"),
        ("UPPER.SIEVE", "sieve"),
        ("/etc/procmailrc", "procmail"),
        ("/home/u/.procmailrc", "procmail"),
        ("lists.rc", "procmail"),
        ("/etc/postfix/header_checks", "tables"),
        ("/etc/postfix/mime_header_checks", "tables"),
        ("/etc/postfix/body_checks", "tables"),
        ("subjects.regexp", "tables"),
        ("subjects.pcre", "tables"),
        ("rules.txt", None),
        ("/home/u.sieve/rules", None),
        ("sieve", None),
        ("", None),
    ],
)
def test_the_name_tells_the_language(name: str, language: str | None) -> None:
    assert lang.language(name) == language


def test_a_file_is_compiled_by_its_language() -> None:
    compiled = lang.compile(b"stop;\n", "a/b.sieve")
    assert isinstance(compiled.plan.steps[0], Stop)
    assert compiled.plan.source == "a/b.sieve"
    assert (compiled.warnings, compiled.included) == ((), ())


def test_a_name_in_no_table_is_an_error_that_names_the_table() -> None:
    with pytest.raises(RuleErrors) as caught:
        lang.compile(b"stop;", "rules.txt")
    (problem,) = caught.value.problems
    assert str(problem) == "rules.txt:1:1: error: the name of this file tells no rule language"
    assert "*.sieve" in problem.hint
    assert "*procmailrc" in problem.hint
