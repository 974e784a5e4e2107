"""Problems: places, carets, no doubles, and a limit."""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.sieve.lexer import Token
from mdafilter.lang.sieve.problems import Problems


def token(start: int, end: int) -> Token:
    return Token("name", "x", start, end, 0, 0)


def test_a_place_is_a_line_and_a_column_in_characters() -> None:
    problems = Problems("f", "keep;\n/* é */ stop;\n")
    problems.error(token(14, 18), "no", "why")
    (problem,) = problems.errors
    assert (problem.line, problem.column, problem.length, problem.source) == (2, 9, 4, "/* é */ stop;")
    assert problem.show() == "f:2:9: error: no\n  | /* é */ stop;\n  |         ^~~~\n  = why"


def test_the_caret_ends_with_the_line() -> None:
    problems = Problems("f", 'keep "a\nb";')
    problems.error(token(5, 10), "no")
    assert problems.errors[0].length == 2


def test_after_is_just_behind_the_token() -> None:
    problems = Problems("f", "keep\nstop;")
    problems.after(token(0, 4), "missing")
    assert (problems.errors[0].line, problems.errors[0].column, problems.errors[0].length) == (1, 5, 1)


def test_a_problem_behind_the_last_character_has_a_place() -> None:
    problems = Problems("f", "")
    problems.error(token(0, 0), "no")
    assert (problems.errors[0].line, problems.errors[0].column, problems.errors[0].source) == (1, 1, "")


def test_the_same_twice_is_said_once() -> None:
    problems = Problems("f", "keep;")
    problems.error(token(0, 4), "no")
    problems.error(token(0, 4), "no")
    problems.error(token(0, 4), "other")
    assert [p.text for p in problems.errors] == ["no", "other"]


def test_past_the_limit_one_line_says_so() -> None:
    problems = Problems("f", "x" * 1000)
    for at in range(500):
        problems.error(token(at, at + 1), "no")
    assert len(problems.errors) == limits.SCRIPT_ERRORS + 1
    assert problems.errors[-1].text == "more than 100 problems; the rest is not listed"
    assert problems.full


def test_errors_are_listed_in_the_order_of_the_script() -> None:
    problems = Problems("f", "keep;\nstop;")
    problems.error(token(6, 10), "b")
    problems.error(token(0, 4), "a")
    assert [p.text for p in problems.listed()] == ["a", "b"]


def test_an_attempt_counts_only_when_it_is_taken() -> None:
    problems = Problems("f", "keep;")
    attempt = problems.apart()
    attempt.error(token(0, 4), "a")
    assert problems.errors == []
    problems.take(attempt)
    problems.error(token(0, 4), "a")
    assert [p.text for p in problems.errors] == ["a"]


def test_warnings_are_warnings() -> None:
    problems = Problems("f", "keep;")
    problems.warn(token(0, 4), "hm")
    assert [str(p) for p in problems.warnings] == ["f:1:1: warning: hm"]


def test_octets_that_are_no_text_can_be_printed() -> None:
    problems = Problems("f", "keep \udcff é;")
    problems.error(token(5, 6), "no \udcff", "why \udcff")
    problem = problems.errors[0]
    assert (problem.text, problem.hint, problem.source) == ("no ?", "why ?", "keep ? é;")
