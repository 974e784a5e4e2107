"""The wildcards of :matches, and what they take."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching import glob
from tests.support.clock import linear


def match(key: str, value: str, budget: list[int] | None = None) -> tuple[str, ...] | None:
    return glob.match(glob.parse(key), value, value, budget if budget is not None else [limits.MATCH_STEPS])


@pytest.mark.parametrize(
    ("key", "value", "wildcards"),
    [
        ("*", "anything", ["anything"]),
        ("*", "", [""]),
        ("", "", []),
        ("abc", "abc", []),
        ("a?c", "abc", ["b"]),
        ("[*] *", "[acme-users] [fwd] version 1.0 is out", ["acme-users", "[fwd] version 1.0 is out"]),
        ("coyote@**.com", "coyote@ACME.Example.com", ["", "ACME.Example"]),
        ("*<*@*", "Debian <debian.lists.example>, <x@y>", ["Debian ", "debian.lists.example>, <x", "y>"]),
        ("*a?c*", "xxabc-abc", ["xx", "b", "-abc"]),
        ("*??", "abc", ["a", "b", "c"]),
        ("?*?", "ab", ["a", "", "b"]),
        ("*a*b", "ab ab", ["", "b a"]),
        ("*?b*", "bbb", ["", "b", "b"]),
    ],
)
def test_each_wildcard_takes_as_little_as_possible(key: str, value: str, wildcards: list[str]) -> None:
    """RFC 5229, 3.2: "The wildcards match as little as possible (non-greedy matching)." ${0} is the whole value."""
    assert match(key, value) == (value, *wildcards)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("abc", "abcd"),
        ("abc", "xabc"),
        ("a*", "ba"),
        ("*a", "ab"),
        ("a?", "a"),
        ("??", "a"),
        ("aba*ba", "abba"),
        ("", "a"),
        ("*a????*", "aaa"),
    ],
)
def test_the_entire_value_must_be_matched(key: str, value: str) -> None:
    """RFC 5228, 2.7.1: "the entire value must be matched"."""
    assert match(key, value) is None


def test_an_octet_that_is_no_text_is_one_octet() -> None:
    """RFC 5228, 2.7.1: "so "?" will always match exactly one octet"."""
    assert match("a?b", "a\udce9b") == ("a\udce9b", "\udce9")
    assert match("a??b", "a\udce9b") is None


def test_half_a_character_is_matched_as_well() -> None:
    assert match("?*", "\ud800") is not None


def test_a_backslash_takes_the_meaning_of_wildcards() -> None:
    """RFC 5228, 2.7.1: ""?" and "*" may be escaped as "\\\\?" and "\\\\*" in strings to match against themselves"."""
    assert match("\\*\\?", "*?") == ("*?",)
    assert match("\\*", "x") is None
    assert match("a\\\\*", "a\\b") == ("a\\b", "b")
    assert match("a\\", "a\\") == ("a\\",)


def test_a_question_mark_is_one_octet() -> None:
    """RFC 5228, 2.7.1: "so "?" will always match exactly one octet when one of those comparators is in use"."""
    assert match("?", "ä") is None
    assert match("??", "ä") is not None
    assert match("gr??e *", "grüe dich") is not None
    assert match("* ???", "Grüße zü") == ("Grüße zü", "Grüße", "z", "\udcc3", "\udcbc")


def test_what_a_star_took_is_put_together_again() -> None:
    assert match("*?!", "Grüße!x!") == ("Grüße!x!", "Grüße!", "x")


def test_hostile_values_are_matched_in_linear_time() -> None:
    assert linear(lambda value: match("*" + "a*" * 60 + "b", value), "a" * 200_000)


def test_a_key_that_takes_too_many_steps_stalls() -> None:
    with pytest.raises(RuleStalled, match=f":matches took more than {limits.MATCH_STEPS} steps"):
        match("*a?b*", "a" * 1000, [500])
