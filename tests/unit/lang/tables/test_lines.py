"""The logical lines of a table, and their parts."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.tables.lines import Parts, cut, logical_lines, split, template
from mdafilter.texts import Template, Var
from tests.support.sieve import line


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# a\n  # b\n\n/a/ X\n", [Line(4, "/a/ X")]),
        ("/a/ X \n  more\n# c\n\n \t\n\tand more \n/b/", [Line(1, "/a/ X   more\tand more"), Line(7, "/b/")]),
        ("/a/\r\n X\r\n", [Line(1, "/a/ X")]),
        ("/a/ X\n\v\fY", [Line(1, "/a/ X\v\fY")]),
        ("  /a/ X", [Line(1, "  /a/ X")]),
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
        ("!!/a/\vX", Parts("a", "", "X")),
        ("! ! !/a/ X", Parts("a", "", "X", True)),
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
        ("if", "1:1 if is followed by a /pattern/ | written: if /PATTERN/"),
        ("if a", "1:1 if is followed by a /pattern/ | written: if /PATTERN/"),
        ("iffy /a/", "1:1 a line begins with a /pattern/ | written: /PATTERN/ ACTION, as in: /^Subject: x/ DISCARD"),
        ("a X", "1:1 a line begins with a /pattern/ | written: /PATTERN/ ACTION, as in: /^Subject: x/ DISCARD"),
        (" /a/ X", "1:1 the line begins with a blank, and goes on with no line before it | remove the blank"),
        ("!", "1:1 a line begins with a /pattern/ | written: /PATTERN/ ACTION, as in: /^Subject: x/ DISCARD"),
        ("/a X", "1:5 the pattern has no / at its end | a / within the pattern has a backslash before it"),
        ("/a\\/ X", "1:7 the pattern has no / at its end | a / within the pattern has a backslash before it"),
    ],
)
def test_mistakes(text: str, problem: str) -> None:
    problems = Problems("t", text)
    assert split(Line(1, text), problems) is None
    assert list(map(line, problems.errors)) == [problem]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$$1 $$", "$1 $"),
        ("a $1", Template(("a ", Var("1")))),
        ("${12}$(3)b", Template((Var("12"), Var("3"), "b"))),
        ("$012-$1", Template((Var("12"), "-", Var("1")))),
    ],
)
def test_groups(text: str, expected: str | Template) -> None:
    """regexp_table(5), TEXT SUBSTITUTION: $1, ${1} and $(1) are groups, $$ is one $."""
    assert template(text, 12) == (expected, "")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a $", '"$" in the text is no group like $1 or ${1}; $$ is one $'),
        ("$ 1", '"$" in'),
        ("${1", '"${1" in'),
        ("${1x} $0", '"${1x" in'),
        ("$(1}", '"$(1" in'),
        ("$x1-", '"$x1" in'),
        ("${}", '"${" in'),
        ("$0", "$0 in the text, but the pattern has 2 groups"),
        ("$1 $3", "$3 in the text"),
        ("$1234567890", "is no group"),
    ],
)
def test_what_postfix_passes_over(text: str, fault: str) -> None:
    assert fault in template(text, 2)[1]
    if text == "$1 $3":
        assert "has no groups" in template(text, 0)[1]


def test_cut() -> None:
    assert cut("a \t b c") == ("a", "b c")
    assert cut("a") == ("a", "")
    assert cut(" a") == ("", "a")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("if /a/ DUNNO", '1:8 "DUNNO" behind if means nothing | write it on a line of its own'),
        ("endif x", '1:7 "x" behind endif means nothing | write it on a line of its own'),
    ],
)
def test_what_stands_behind_if_and_endif(text: str, warning: str) -> None:
    """Postfix: "ignoring extra text after IF statement"."""
    problems = Problems("t", text)
    assert split(Line(1, text), problems)
    assert list(map(line, problems.warnings)) == [warning]
