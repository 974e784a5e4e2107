"""The logical lines of a table, and their parts."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.tables.lines import Parts, logical_lines, split, template
from mdafilter.texts import Template, Var


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# a\n  # b\n\n/a/ X\n", [Line(4, "/a/ X")]),
        ("/a/ X\n  more\n# c\n\tand more\n/b/", [Line(1, "/a/ X  more\tand more"), Line(5, "/b/")]),
        ("  /a/ X\r\n", [Line(1, "  /a/ X")]),
    ],
)
def test_lines(text: str, lines: list[Line]) -> None:
    """regexp_table(5): "A line that starts with whitespace continues a logical line."."""
    assert logical_lines(text) == lines


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/a/ REJECT", Parts("a", "", "REJECT")),
        ("/a/im  REJECT   no  way", Parts("a", "im", "REJECT   no  way")),
        ("/a\\/b/ X", Parts("a\\/b", "", "X")),
        ("!/a/ X", Parts("a", "", "X", True)),
        ("! |a/b|i X", Parts("a/b", "i", "X", True)),
        ("/a/", Parts("a", "", "")),
        ("if /a/i", Parts("a", "i", "", word="if")),
        ("IF!/a/", Parts("a", negated=True, word="if")),
        ("endif", Parts(word="endif")),
    ],
)
def test_parts(text: str, parts: Parts) -> None:
    assert split(Line(1, text), Problems("t", text)) == parts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("if", "if is followed by a /pattern/"),
        ("if a", "if is followed by a /pattern/"),
        ("iffy /a/", "begins with a /pattern/"),
        ("a X", "begins with a /pattern/"),
        ("!", "begins with a /pattern/"),
        ("/a X", "no / at its end"),
        ("/a\\/ X", "no / at its end"),
    ],
)
def test_mistakes(text: str, problem: str) -> None:
    problems = Problems("t", text)
    assert split(Line(1, text), problems) is None
    assert problem in problems.errors[0].text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$$1 $ ${ $(1} $x", "$1 $ ${ $(1} $x"),
        ("a $1", Template(("a ", Var("1")))),
        ("${12}$(3)b", Template((Var("12"), Var("3"), "b"))),
        ("$123", Template((Var("12"), "3"))),
    ],
)
def test_groups(text: str, expected: str | Template) -> None:
    """regexp_table(5), TEXT SUBSTITUTION: $1, ${1} and $(1) are groups, $$ is one $."""
    assert template(text) == expected


@pytest.mark.parametrize(("text", "warning"), [("if /a/ DUNNO", '"DUNNO" behind if'), ("endif x", '"x" behind endif')])
def test_what_stands_behind_if_and_endif(text: str, warning: str) -> None:
    """Postfix: "ignoring extra text after IF statement"."""
    problems = Problems("t", text)
    assert split(Line(1, text), problems)
    assert warning in problems.warnings[0].text
