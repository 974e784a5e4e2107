"""The errors of a script as test_error sees them: as many as Pigeonhole counts."""

from __future__ import annotations

import pytest
from hypothesis import given

from mdafilter.errors import RuleErrors
from mdafilter.lang.sieve import compile
from mdafilter.testing.told import NO_GOOD, UNREAD, errors
from tests.support.sievescripts import any_use, any_words, damaged

HEAD = 'require ["fileinto", "relational"];\n'


def told(script: str) -> list[str]:
    """All but the last, which is the same for all."""
    try:
        compile(script.encode(), "s.sieve")
    except RuleErrors as wrong:
        found = errors(script.encode(), wrong.problems, "s.sieve")
        assert found[-1] in (NO_GOOD, UNREAD)
        return found[:-1]
    return []


@pytest.mark.parametrize(
    ("script", "number"),
    [
        # what nobody knows counts once, and what is in its block does not count
        ('frop "a"; if frop { } frop { keep "x"; }', 1),
        ('keep :frop; keep :frop; discard :frop; if header :frop :frml "a" 5 { }', 3),
        ('fileinto "a"; fileinto :copy "a"; if header :count "gt" "a" "1" { }', 2),
        ('require ["_a", "_b"]; require "_a"; keep :copy;', 4),
        # one of the arguments
        ('keep "a" 5; if header 5 5 { } if header "a" :is "b" { } if header :is { }', 4),
        ('if header :comparator 5 "a" "b" { } if header :is :is "a" "b" { } if size :over { }', 3),
        ('if address ["subject", "message-id"] "a" { }', 1),
        ('require "comparator-i;ascii-numerics"; if header :comparator "i;ascii-numeric" "a" "5" { }', 2),
        # tests and blocks
        ("keep true; if header true { keep; } require true;", 5),
        ('stop (true); if (true) { } if true; else; keep { fileinto "a"; } if { stop "x"; }', 7),
        ("if anyof true { } if not (true) { } if allof { } if not { }", 4),
        ("if anyof (exists 5, frop, keep) { keep 5; }", 4),
        # where a `;` is missing, the next command is not looked at
        ('keep\nkeep "a";', 1),
        ("keep\nfrop;\nredirect true;", 3),
        # if, elsif, else
        ('elsif exists 5 { keep "x"; } keep; else { keep "y"; } if true { } else { } else { }', 6),
        ("if true { keep 5; } elsif exists 5 { keep 5; } else { keep 5; }", 1),
        ("if not anyof (true, exists 5) { keep 5; } else { keep 5; }", 1),
        ("if allof (exists 5, false) { keep 5; }", 2),
        # require
        ('keep; require "copy"; require "envelope"; if true { require "body"; require "date"; }', 3),
        ("require; require 5; require :x; keep 5;", 4),
        # of two words of one name that which was required
        ('require "notify"; notify :low :high; notify :from "a"; denotify "x";', 3),
        ('require "imapflags"; mark "x"; setflag; if hasflag "x" { }', 3),
    ],
)
def test_how_many(script: str, number: int) -> None:
    assert len(told(script)) == number


def test_what_they_say() -> None:
    script = HEAD + (
        'if header :all "a" 5 { fileinto "a" }\nfileinto "a" true;\nif address matches "from" "a" { stop; }\nredirect "a";'
    )
    assert told(script)[0] == "`;` or `{` is expected here, not }"
    assert told(script.replace('"a" }', '"a"; }')) == [
        "unknown tagged argument ':all' for the header test (told once)",
        "the fileinto command takes no tests, but some are specified",
        "the address test requires 2 positional arguments, but 0 are specified",
        "missing colon ':' before ':matches' tag in address test",
        '"a" is not an address',
    ]


def test_a_limit_is_told() -> None:
    wide = 'require "variables";' + "".join(f'set "v{number}" "";' for number in range(300))
    assert told(wide) == ["more than 255 variables"]


class Scripts:
    """Each name is a file."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        """By its name alone."""
        return (name, self.texts[name].encode()) if name in self.texts else None


@pytest.mark.parametrize(
    ("first", "number"),
    [
        ("bad", 4),  # its two, and two lines more
        ("unread", 3),
        ("again", 3),
        ("one", 4),
        ("none", 2),
        ("outer", 5),
    ],
)
def test_what_is_included(first: str, number: int) -> None:
    """RFC 6609 section 3.2: "Sieve implementations MUST NOT allow recursive script inclusion."."""
    head = 'require "include"; include '
    library = Scripts(
        bad='keep "x"; stop "y";',
        unread="keep, ;",
        again=f'{head}"again";',
        one=f'{head}"two";',
        two=f'{head}"one";',
        good="keep;",
        outer=f'{head}"good"; include "good"; include "bad";',
    )
    script = f'{head}"{first}";'.encode()
    with pytest.raises(RuleErrors) as caught:
        compile(script, "s.sieve", library)
    assert len(errors(script, caught.value.problems, "s.sieve", library)) == number


@given(script=damaged() | any_words() | any_use())
def test_what_does_not_compile_has_errors(script: str) -> None:
    try:
        compile(script.encode(), "s.sieve")
    except RuleErrors:
        assert told(script)
