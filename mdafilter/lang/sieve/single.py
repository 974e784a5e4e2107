"""One test of Sieve by itself, for the languages that borrow it (lang/borrowed.py).

Nothing needs `require`: all capabilities are there but variables, since $NAME means something else there, and what
needs them or does not go with the others.

In:    the text of the test, on one line, and the name of the rule file that borrows it.
Out:   a Condition, and warnings. Fails: RuleErrors; their columns count in the text, from 1.
"""

from __future__ import annotations

from mdafilter.errors import Problem, RuleErrors
from mdafilter.plan import If
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.logic import Always

if TYPE_CHECKING:
    from mdafilter.plan import Condition

_BEFORE = "if "


def condition(text: str, file: str) -> tuple[Condition, tuple[Problem, ...]]:
    """The test, compiled."""
    from mdafilter.lang import sieve
    from mdafilter.lang.sieve import lexer
    from mdafilter.lang.sieve.vocabulary import COMPANIONS, RIVALS
    from mdafilter.words import CAPABILITIES

    octets = text.replace("\n", " ").encode("utf-8", "surrogateescape")
    tokens = lexer.tokens(*lexer.decode(octets, ""))
    if stray := next((token for token in tokens if token.kind in ("{", "}", ";")), None):
        raise RuleErrors(
            [Problem("", 1, stray.column, "a test ends here, and nothing can follow", "one test is meant")]
        )
    required = ", ".join(f'"{name}"' for name in sorted(CAPABILITIES - {"variables", *COMPANIONS, *RIVALS}))
    script = f"require [{required}];\n{_BEFORE}".encode() + octets + b"\n{ stop; }\n"
    try:
        compiled = sieve.compile(script, file)
    except RuleErrors as wrong:
        raise RuleErrors([_within(problem, text) for problem in wrong.problems]) from None
    warnings = tuple(_within(problem, text) for problem in compiled.warnings if problem.line > 1)
    step = next(iter(compiled.plan.steps), None)
    return step.branches[0].test if isinstance(step, If) else Always(step is not None), warnings


def _within(problem: Problem, text: str) -> Problem:
    """The problem with its place in the text."""
    column = problem.column - len(_BEFORE) if problem.line == 2 else len(text) + 1
    return problem.replace(line=1, column=min(max(column, 1), len(text) + 1), source=text)
