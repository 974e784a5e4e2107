"""The rule languages: which one a file is written in follows from its name.

In:    the bytes of a rule file, its name (for messages and for the table), and where it may find others.
Out:   Compiled: the plan, warnings, and the names of the files that the plan was made of besides this one.
Fails: RuleErrors with all problems of the file and of what it includes, at once.

A language is a folder or file here with `compile(text, name, library)`, and a line in the table. It is imported when
the first file of it is compiled.
"""

from __future__ import annotations

from mdafilter.errors import Problem, RuleErrors
from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from mdafilter.plan import Plan

# how the file's name ends                                      language
TABLE: tuple[tuple[tuple[str, ...], str], ...] = (
    ((".sieve", ".siv"), "sieve"),
    (("procmailrc", ".procmail", ".rc"), "procmail"),
    ((".regexp", ".pcre"), "tables"),
    (("header_checks", "body_checks"), "tables"),  # mime_header_checks and nested_header_checks too (header_checks(5))
)


class Compiled(Value):
    """A compiled rule file. `included` are the names of the other files that it was made of, in order, once each."""

    plan: Plan
    warnings: tuple[Problem, ...] = ()
    included: tuple[str, ...] = ()


class Library(Protocol):
    """Where the scripts are that a script may include (RFC 6609 section 3.2)."""

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        """File name and text of a script; location is "personal", "global" or "path"; None if there is none.

        A "path" (procmail's INCLUDERC) is absolute or begins with ~.
        """
        ...


def language(name: str) -> str | None:
    """The language of a file of this name, or None."""
    last = name.rsplit("/", 1)[-1].lower()
    return next((language for endings, language in TABLE if last.endswith(endings)), None)


def compile(text: bytes, name: str, library: Library | None = None) -> Compiled:
    """Compiles a rule file. Raises RuleErrors, also for a name that is in no table."""
    import importlib

    spoken = language(name)
    if spoken is None:
        known = ", ".join("*" + ending for endings, _language in TABLE for ending in endings)
        raise RuleErrors([Problem(name, 1, 1, "the name of this file tells no rule language", f"known are {known}")])
    module = importlib.import_module(f"mdafilter.lang.{spoken}")
    compiled: Compiled = module.compile(text, name, library)
    return compiled
