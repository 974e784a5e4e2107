"""How words show strings."""

from __future__ import annotations

from mdafilter import limits
from mdafilter.texts import Template, Var
from mdafilter.words.strings import clipped, listed, quoted


def test_quotes_are_those_of_sieve() -> None:
    """RFC 5228, 2.4.2: `"` and `\\` are escaped by a backslash."""
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'
    assert quoted(Template(("x", Var("name"), "y"))) == '"x${name}y"'


def test_a_list_of_one_has_no_brackets() -> None:
    assert listed(("a",)) == '"a"'
    assert listed(("a", "b")) == '["a", "b"]'
    assert listed(()) == "[]"


def test_a_long_list_is_cut() -> None:
    assert listed(tuple("abcdefghijkl")).endswith('"k", "l"]')
    assert listed(tuple("abcdefghijklmn")).endswith('"k", "l" ... 2 more]')


def test_long_text_is_cut() -> None:
    assert clipped("a" * limits.WHY_OCTETS) == "a" * limits.WHY_OCTETS
    assert len(clipped("a" * 10_000)) == limits.WHY_OCTETS
    assert clipped("a" * 10_000).endswith("a...")
