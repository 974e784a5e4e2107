"""procmailrc and tables for tests: compile, run on a message of spam, and see what is decided."""

from __future__ import annotations

from mdafilter import lang
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang import Library
from tests.support.scene import scene
from tests.support.sieve import line

SPAM = b"""\
From: "Best Offers" <offers@pills.example>
To: ann@example.net
Subject: *****SPAM***** Cheap viagra for you

Buy now.
"""


def decide(rules: str, name: str = "test.procmailrc", message: bytes = SPAM) -> Decision:
    """What rules of the language that the name tells decide about the message."""
    return run([lang.compile(rules.encode(), name).plan], scene(message))


def said(rules: str, name: str = "test.procmailrc", library: Library | None = None) -> list[str]:
    """Everything that is said about rules: "error line:column text | hint", or "warning ..."."""
    try:
        problems = lang.compile(rules.encode(), name, library).warnings
    except RuleErrors as wrong:
        problems = (*wrong.problems, *wrong.warnings)
    return [f"{problem.severity} {line(problem)}" for problem in problems]
