"""Characters and sets of octets in Perl-compatible patterns."""

from __future__ import annotations

import re

import pytest

from mdafilter.matching.characters import ESCAPES, SETS, character, enclosed, named, octets, property_
from mdafilter.matching.patterns import PatternError


@pytest.mark.parametrize(
    ("pattern", "found", "end"),
    [
        ("\\x41", "A", 4),
        ("\\x4", "\x04", 3),
        ("\\xg", "\0", 2),
        ("\\x411", "A", 4),
        ("\\x{e9}b", "é", 6),
        ("\\x{000041}", "A", 10),
        ("\\o{101}", "A", 7),
        ("\\101", "A", 4),
        ("\\1018", "A", 4),
        ("\\0", "\0", 2),
        ("\\0101", "\b", 4),
        ("\\ca", "\x01", 3),
        ("\\c[", "\x1b", 3),
        ("\\c?", "\x7f", 3),
    ],
)
def test_one_character(pattern: str, found: str, end: int) -> None:
    text, behind = character(pattern, 0)
    assert re.fullmatch(text, found)
    assert behind == end


@pytest.mark.parametrize(
    "pattern", ["\\x{}", "\\x{100}", "\\x{g}", "\\x{41", "\\o", "\\o{8}", "\\o{400}", "\\777", "\\c", "\\cé"]
)
def test_what_is_no_character(pattern: str) -> None:
    with pytest.raises(PatternError):
        character(pattern, 0)


def matching(inside: str) -> set[str]:
    return {chr(octet) for octet in range(256) if re.match(f"[{inside}]", chr(octet))}


def test_sets_and_their_opposites() -> None:
    """pcre2pattern(3), "Generic character types": \\h has the no-break space, \\v the next line."""
    everything = {chr(octet) for octet in range(256)}
    assert matching(SETS["h"]) == {" ", "\t", "\xa0"}
    assert matching(SETS["v"]) == {"\n", "\v", "\f", "\r", "\x85"}
    for letter in "hv":
        assert matching(SETS[letter.upper()]) == everything - matching(SETS[letter])
        assert {c for c in everything if re.match(ESCAPES[letter], c)} == matching(SETS[letter])
        assert {c for c in everything if re.match(ESCAPES[letter.upper()], c)} == matching(SETS[letter.upper()])


@pytest.mark.parametrize(
    ("pattern", "some", "none"),
    [
        ("\\p{Lu}", "AZÀ", "aß1"),
        ("\\pL", "aZéª", "1."),
        ("\\PL", "1.\0", "aé"),
        ("\\p{^L}", "1.", "aé"),
        ("\\P{^L}", "aé", "1."),
        ("\\p{L&}", "aÀ", "ª"),
        ("\\p{Any}", "a\0ÿ", ""),
        ("\\p{Nd}", "09", "a²"),
        ("\\pZ", " \xa0", "a"),
    ],
)
def test_properties(pattern: str, some: str, none: str) -> None:
    inside, end = property_(pattern, 0)
    assert end == len(pattern)
    assert set(some) <= matching(inside)
    assert not set(none) & matching(inside)


@pytest.mark.parametrize("pattern", ["\\p{Greek}", "\\p{Nl}", "\\p{}", "\\p", "\\p{L", "\\P{Any}"])
def test_no_octet_has_it(pattern: str) -> None:
    with pytest.raises(PatternError):
        property_(pattern, 0)


def test_classes() -> None:
    assert matching(named("alpha", 0)) == set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert matching(named("^ascii", 0)) == {chr(octet) for octet in range(128, 256)}
    assert "_" in matching(named("word", 0))
    with pytest.raises(PatternError) as raised:
        named("foo", 7)
    assert raised.value.offset == 7


def test_names_between_signs() -> None:
    assert enclosed("\\k<n>x", 0, 2, "{}", "<>") == ("n", 5)
    for wrong in ("\\k<n", "\\kn", "\\k"):
        with pytest.raises(PatternError, match="followed by a name like"):
            enclosed(wrong, 0, 2, "{}", "<>")


def test_octets() -> None:
    assert octets([False, True] + [False] * 254) == "\\x01"
