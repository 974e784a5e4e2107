"""How a problem of a rule file is shown."""

from __future__ import annotations

from mdafilter.errors import Problem, RuleErrors, TryAgain


def test_a_problem_shows_its_line_a_caret_and_the_hint() -> None:
    problem = Problem("a.sieve", 3, 5, "unknown command", "did you mean keep?", "if  kep;", 3)
    assert problem.show() == "a.sieve:3:5: error: unknown command\n  | if  kep;\n  |     ^~~\n  = did you mean keep?"


def test_a_tab_counts_as_one_column() -> None:
    assert Problem("f", 1, 2, "x", source="\tkep").show().splitlines()[1:] == ["  |  kep", "  |  ^"]


def test_a_long_line_is_cut_around_the_caret() -> None:
    lines = Problem("f", 1, 5001, "x", source="a" * 5000 + "B" + "c" * 5000).show().splitlines()
    assert len(lines[1]) <= 104
    assert lines[1][lines[2].index("^")] == "B"


def test_all_problems_of_a_file_are_told_at_once() -> None:
    error = RuleErrors([Problem("f", 1, 1, "one"), Problem("f", 2, 1, "two", severity="warning")])
    assert str(error) == "f:1:1: error: one\nf:2:1: warning: two"
    assert len(error.problems) == 2


def test_try_again_is_of_class_4() -> None:
    assert TryAgain("no room").status == "4.3.0"
    assert TryAgain("no room", "4.3.1").text == "no room"
