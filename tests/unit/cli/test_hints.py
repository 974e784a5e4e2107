"""What to do about a problem, where it does not say so itself."""

from __future__ import annotations

import pytest

from mdafilter import lang
from mdafilter.cli.hints import TABLE, hinted
from mdafilter.errors import Problem, RuleErrors
from tests.support.house import PACKAGE

SAID = "".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.stem != "hints")


def test_a_problem_keeps_the_hint_that_it_has() -> None:
    problem = Problem("f", 1, 1, "regular expression: x", "why")
    assert hinted(problem) is problem
    assert hinted(Problem("f", 1, 1, "zzz")).hint == ""


@pytest.mark.parametrize("part", [part for part, _hint in TABLE])
def test_each_line_is_about_a_text_that_is_said(part: str) -> None:
    assert part in SAID or part in ("unknown command", "unknown test")  # of which one f-string has both


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("a.sieve", 'require "copy"; redirect :copy :copy "a@b.c";', "remove one of them"),
        ("a.sieve", 'if header :comparator 5 "a" "b" {}', "its value stands directly behind it"),
        ("a.sieve", "keep true;", None),
        ("a.sieve", "zzzzzz;", "a command is a word like keep or if; is a quote or a ; missing before it?"),
        ("a.sieve", "if zzzzzz {}", "a test is a word like header, address or size"),
        ("a.sieve", "if not :zzzzzz true {}", "this word has no such tag: remove it"),
        ("a.sieve", "keep *;", 'strings stand in ", comments behind # or in /* */'),
        ("a.sieve", "if true {} else", "write { ... } behind it"),
        ("a.sieve", "zzzzzz;" * 999, None),
        ("a.sieve", 'require ["fileinto",];', 'write ["a", "b"], or remove the comma'),
        ("a.sieve", 'require "regex"; if header :regex "a" "(" {}', None),
        ("header_checks", "if /a/\n", "write endif behind the last line that it is for"),
        ("header_checks", "endif\n", "remove it, or write the if"),
        ("header_checks", "/a/\n", "write /pattern/ ACTION, as in: /^Subject: x/ DISCARD"),
        ("header_checks", "/a/ PREPEND\n", "write it behind the action"),
        (
            "header_checks",
            "/a OK\n",
            "close it with the sign that it begins with; a backslash takes it into the pattern",
        ),
        ("header_checks", "a OK\n", "write /pattern/ ACTION, as in: /^Subject: x/ DISCARD"),
        ("header_checks", "/a/z OK\n", "remove it: header_checks(5) has the flags"),
        ("header_checks", " /a/ OK\n", "write it without the blanks at its beginning"),
        ("header_checks", "/a/ PREPEND $2\n", None),
    ],
)
def test_every_error_has_one(name: str, text: str, hint: str | None) -> None:
    with pytest.raises(RuleErrors) as raised:
        lang.compile(text.encode(), name)
    for problem in map(hinted, raised.value.problems):
        assert problem.hint, problem.text
        assert hint is None or problem.hint == hint
