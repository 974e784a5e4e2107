"""What the Sieve front end says about a script, as one line for each problem: "line:column text | hint"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.errors import Problem, RuleErrors
from mdafilter.lang import Library
from mdafilter.lang.sieve import compile
from mdafilter.lang.sieve.vocabulary import Vocabulary

if TYPE_CHECKING:
    from mdafilter.plan import Block


def line(problem: Problem) -> str:
    """One problem, shortly."""
    text = f"{problem.line}:{problem.column} {problem.text}"
    return f"{text} | {problem.hint}" if problem.hint else text


def errors(script: str | bytes, library: Library | None = None, vocabulary: Vocabulary | None = None) -> list[str]:
    """All errors of a script; [] if it compiles."""
    text = script if isinstance(script, bytes) else script.encode()
    try:
        compile(text, "t.sieve", library, vocabulary=vocabulary)
    except RuleErrors as wrong:
        return [line(problem) for problem in wrong.problems]
    return []


def warnings(script: str, library: Library | None = None) -> list[str]:
    """All warnings of a script that compiles."""
    return [line(problem) for problem in compile(script.encode(), "t.sieve", library).warnings]


def said(script: str, library: Library | None = None) -> list[str]:
    """All errors, or else all warnings, with their severity in front."""
    wrong = [f"error {text}" for text in errors(script, library)]
    return wrong or [f"warning {text}" for text in warnings(script, library)]


def steps(script: str | bytes, library: Library | None = None, vocabulary: Vocabulary | None = None) -> Block:
    """What a script that compiles compiles to."""
    text = script if isinstance(script, bytes) else script.encode()
    return compile(text, "t.sieve", library, vocabulary=vocabulary).plan.steps
