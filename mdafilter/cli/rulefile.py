"""A rule file of any language, read and compiled for somebody who looks at it (`check`, `dump`).

In:    its name, "-" for standard input; its language, where the name does not tell it; where it may find others.
Out:   the name as messages have it, the text, and what it compiles to.
Fails: RuleErrors; OSError where the file cannot be read.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import click

from mdafilter import lang, limits, rulebook
from mdafilter.errors import Problem, RuleErrors

if TYPE_CHECKING:
    from mdafilter.lang import Compiled
    from mdafilter.lang.sieve.script import Observer
    from mdafilter.rulebook import Folders
    from mdafilter.settings import Settings

LANGUAGES = tuple(dict.fromkeys(language for _endings, language in lang.TABLE))


def named(files: tuple[str, ...], language: str | None, chosen: Settings, home: str) -> tuple[str, ...]:
    """The files that are meant: without any, the site's of the configuration, then the user's if there is one."""
    if "-" in files and language is None:
        raise click.UsageError("standard input has no name that tells its language: say --language")
    own = rulebook.user_file(chosen, home)
    return files or rulebook.site_files(chosen) + ((own,) if own else ())


def shown(name: str) -> str:
    """The name in messages."""
    return "<stdin>" if name == "-" else name


def read(name: str) -> bytes:
    """The text."""
    if name != "-":
        return rulebook.read(name)
    text = sys.stdin.buffer.read(limits.SCRIPT_OCTETS + 1)
    if len(text) > limits.SCRIPT_OCTETS:
        raise RuleErrors(
            [Problem("<stdin>", 1, 1, f"the file is longer than {limits.SCRIPT_OCTETS} octets", "divide it")]
        )
    return text


def compiled(
    name: str, text: bytes, language: str | None, library: Folders, observer: Observer | None = None
) -> Compiled:
    """What it compiles to; the observer is told of Sieve scripts only."""
    language = language or lang.language(name)
    if language is None:
        return lang.compile(text, shown(name), library)  # says what is wrong with the name
    if language == "sieve":
        from mdafilter.lang import sieve

        return sieve.compile(text, shown(name), library, observer=observer)
    made: Compiled = importlib.import_module(f"mdafilter.lang.{language}").compile(text, shown(name), library)
    return made
