"""What is wrong with the grammar of a script, as many as Pigeonhole's parser counts."""

from __future__ import annotations

import pytest
from hypothesis import given

from mdafilter.testing.grammar import Node, read
from tests.support.sievescripts import damaged, soup, valid


def faults(script: str) -> int:
    """How many."""
    return len(read(script).faults)


@pytest.mark.parametrize(
    ("script", "number"),
    [
        ("keep; # comment\nstop /* ; */ ;", 0),
        ('redirect text: # comment\na@b.c\n.\n; header :is ["a", "b"] "\\"";', 0),
        ("keep keep;", 0),  # the second might be a test
        ("keep", 1),
        ("keep, keep; keep,;", 2),
        ("if true { keep, } keep,;", 2),
        ("if true { keep; }} keep,;", 1),  # nothing behind it is read
        ("keep,; } keep,;", 1),
        ("if true { 5 ; } keep,;", 1),
        ("if true { if true { 5 } keep,; } keep,;", 2),
        ('keep ["a" "b"]; keep ["a",]; keep []; keep [5];', 4),
        ('keep ["a", "b" ; keep ]; keep,;', 3),
        ("if anyof (true, 5) { keep,; }", 2),
        ("if anyof (true; keep,;", 2),
        ("if anyof () { keep,; } keep,;", 4),
        ("keep (); keep,;", 2),
        ("if anyof (not allof (5), true; keep,;", 4),
        ("keep $$ % ;", 3),
        ("$$ keep ;", 2),
        ("keep 99999999999999999999; keep 16777217T; keep 20000000000G;", 2),
        ("a_word_that_is_longer_than_32_letters; keep,;", 1),
        ('keep "a;', 1),
        ("keep; /* a", 1),
        ("redirect text:\na", 1),
        ("redirect text: a@b\n.\n;", 3),
        ("if true {" * 31 + "}" * 31, 0),
        ("if true {" * 32 + "}" * 32, 1),
        ("if " + "not " * 40 + "true { }", 1),
    ],
)
def test_mistakes(script: str, number: int) -> None:
    assert faults(script) == number


def test_what_it_reads() -> None:
    (first, second) = read('if Header :is ["a", "b"] 5K { stop; }\nfileinto "a" keep;').commands
    (test,) = first.tests
    assert (first.name, test.name, [one.kind for one in test.arguments]) == (
        "if",
        "header",
        ["tag", "strings", "number"],
    )
    assert first.block is not None
    assert [one.name for one in first.block] == ["stop"]
    assert (second.arguments[0].text, [one.name for one in second.tests]) == ('"a"', ["keep"])


@given(script=valid())
def test_a_good_script_has_none(script: str) -> None:
    found = read(script.replace("\r\n", "\n"))
    assert found.faults == []
    assert all(isinstance(one, Node) for one in found.commands)


@given(script=damaged() | soup)
def test_it_never_fails(script: str) -> None:
    waiting = list(read(script).commands)
    while waiting:
        one = waiting.pop()
        assert 0 <= one.start <= one.behind <= one.end <= len(script)
        waiting += [*one.tests, *(one.block or ())]


@pytest.mark.parametrize("piece", ['"', "[", "(", "{", "if (", "keep [", "text:\n", "/*", "\\", '"\\'])
def test_the_time_is_linear(piece: str) -> None:
    """Nothing is looked for again and again: this would take minutes."""
    assert read(piece * 200_000).faults
