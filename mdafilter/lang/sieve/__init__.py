"""Sieve (RFC 5228): script -> plan.

    octets --lexer--> tokens --parser--> commands --lower, arguments, use--> steps of plan.py

The words themselves, what they take and what they become, are the files of words/; here is only the language.

In:    a script, its file name, and the Library where it finds the scripts that it includes (RFC 6609).
Out:   Compiled, with warnings.
Fails: RuleErrors with all errors of the script and of those that it includes. Nothing else is raised, and the time is
       linear in the length, whatever the octets are.
"""

from __future__ import annotations

from mdafilter.errors import RuleErrors
from mdafilter.lang import Compiled
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.lang import Library
    from mdafilter.lang.sieve.script import Observer
    from mdafilter.lang.sieve.vocabulary import Vocabulary


def compile(
    text: bytes,
    name: str,
    library: Library | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    observer: Observer | None = None,
) -> Compiled:
    """Compiles a script. `vocabulary` is for those who add words (`mdafilter test`); the default is all of words/.

    `observer` is for those who want to know where what stands (`mdafilter check`).
    """
    from mdafilter.lang.sieve.script import Unit
    from mdafilter.lang.sieve.vocabulary import Vocabulary

    unit = Unit(vocabulary or Vocabulary(), library, observer)
    plan = unit.compile(text, name).plan
    errors = [problem for report in unit.reports for problem in report.listed()]
    warnings = tuple(problem for report in unit.reports for problem in report.warnings)
    if errors or plan is None:
        raise RuleErrors(errors, warnings)
    return Compiled(plan, warnings, tuple(unit.members))
