"""A word that a language has no spelling for, borrowed from Sieve.

    * mdafilter ?? virustest :value "ge" "4"                      a condition of a procmailrc
    if mdafilter ?? lookup "client" "/etc/postfix/bad_clients"    an `if` of a Postfix table; up to its endif

What stands behind the ?? is one test of Sieve (lang/sieve/single.py). To procmail itself it asks for a text in a
variable that is empty; Postfix skips such a line with a warning.

In:    a logical line, and the text behind the sign. Out: a Condition; None after an error. Its mistakes are reported at
       their place in the line.
"""

from __future__ import annotations

from mdafilter.errors import RuleErrors
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.plan import Condition

NAME = "mdafilter"  # what stands before the ??


def borrowed(text: str) -> str | None:
    """What stands behind the sign, if the text begins with it."""
    name, mark, rest = text.partition("??")
    return rest.strip(" \t") if mark and name.strip(" \t") == NAME else None


def condition(line: Line, text: str, problems: Problems) -> Condition | None:
    """The test that the text is."""
    from mdafilter.lang.sieve import single

    start = line.text.rfind(text) if text else len(line.text)
    try:
        found, warnings = single.condition(text, problems.file)
    except RuleErrors as wrong:
        for problem in wrong.problems:
            problems.error(line, problem.text, problem.hint, at=start + problem.column - 1)
        return None
    for problem in warnings:
        problems.warn(line, problem.text, problem.hint, at=start + problem.column - 1)
    return found
