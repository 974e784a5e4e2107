"""What the files in tests/sieve say of each test: with which tags it must hold somewhere, and with which it must not.

    if not header :is "a" "b" { test_fail "..."; }      header :is must hold
    if header :is "a" "b" { test_fail "..."; }          header :is must not hold

Of `not allof (...)` each test must hold, of `anyof (...)` none; of the other two nothing is known of a single test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mdafilter.lang.sieve import lexer, parser
from mdafilter.lang.sieve.lexer import Token
from mdafilter.lang.sieve.parser import Command
from mdafilter.testing import vocabulary
from mdafilter.words.match import MATCH_TYPES, MATCHING
from tests.support.house import ROOT

FOLDER = ROOT / "tests" / "sieve"
Way = tuple[str, str, bool]  # word, tag ("" is the word itself), and whether it must hold


def ways(path: Path) -> set[Way]:
    """What one file says."""
    decoded, problems = lexer.decode(path.read_bytes(), path.name)
    words = vocabulary()
    commands = parser.parse(lexer.tokens(decoded, problems), problems, words.nests, words.is_test)
    return {way for command in commands for way in _ways(command)}


def _ways(command: Command) -> Iterator[Way]:
    block = command.block or ()
    if command.name.value in ("if", "elsif") and any(inner.name.value == "test_fail" for inner in block):
        yield from _asked(command.tests[0], False)
    for inner in block:
        yield from _ways(inner)


def _asked(test: Command, must: bool) -> Iterator[Way]:
    """The single tests in a test that must hold, or must not."""
    name = test.name.value
    yield name, "", must
    if name == "not":
        yield from _asked(test.tests[0], not must)
    elif name in ("allof", "anyof"):
        for inner in test.tests if must == (name == "allof") else ():
            yield from _asked(inner, must)
    else:
        tags = [a.value for a in test.arguments if isinstance(a, Token) and a.kind == "tag"]
        if name in MATCHING and not any(tag[1:] in MATCH_TYPES for tag in tags):
            tags.append(":is")  # RFC 5228 section 2.7.1: the default
        yield from ((name, tag, must) for tag in tags)
