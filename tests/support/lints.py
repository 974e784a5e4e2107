"""What a lint says about a rule file, as one line for each warning: "line:column text | hint"."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from mdafilter import lang, lint
from mdafilter.errors import Problem
from mdafilter.lang import Library, sieve
from mdafilter.lint.rules import Found, Rules
from mdafilter.lint.sight import Sight
from mdafilter.lint.sources import Sources

REQUIRE = (
    'require ["fileinto", "reject", "variables", "vacation", "body", "envelope", "regex", "relational", "mailbox", '
    '"comparator-i;ascii-numeric", "spamtestplus", "virustest", "include", "foreverypart", "mime", "imap4flags"];\n'
)


def rules(
    text: str,
    name: str = "t.sieve",
    *,
    has_folder: Callable[[str], bool] | None = None,
    own: tuple[str, ...] = (),
    library: Library | None = None,
) -> Rules:
    """The compiled file, as a lint gets it."""
    sight = Sight()
    if lang.language(name) == "sieve":
        plan = sieve.compile(text.encode(), name, library, observer=sight).plan
    else:
        plan = lang.compile(text.encode(), name, library).plan
    return Rules(plan, sight, has_folder, own)


def found(which: str, text: str, name: str = "t.sieve", **options: object) -> list[str]:
    """What one lint says."""
    looked: list[Found] = list(importlib.import_module(f"mdafilter.lint.{which}").find(rules(text, name, **options)))  # type: ignore[arg-type]
    return [f"{one.at.line}:{one.at.column} {one.text} | {one.hint}" for one in looked]


def problems(text: str, name: str = "t.sieve") -> tuple[Problem, ...]:
    """What all lints say."""
    sources = Sources()
    sources.give(name, text.encode())
    return lint.problems(rules(text, name), sources)
