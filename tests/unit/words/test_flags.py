"""IMAP flags."""

from __future__ import annotations

import pytest

from mdafilter.texts import Template, Var
from mdafilter.words.flags import flags, normalised, valid
from tests.support.scene import scene


def test_flags_are_split_and_stand_once() -> None:
    """RFC 5232, 2: "A string containing a space-separated list of flag names is equivalent to a string list"."""
    assert normalised(["\\seen $Work", "$WORK \\Seen"]) == ("\\seen", "$Work")


@pytest.mark.parametrize("word", ["\\Seen", "\\flagged", "$Forwarded", "Junk", "a-b.c"])
def test_flags(word: str) -> None:
    assert valid(word)


@pytest.mark.parametrize("word", ["", "\\Recent", "\\Unknown", "a(b", "ä", 'a"', "a*", "a\\b", "\x01"])
def test_no_flags(word: str) -> None:
    assert not valid(word)
    assert normalised([word]) == ()


def test_what_is_filed_is_spelled_as_IMAP_does() -> None:
    """RFC 3501 section 2.3.2."""
    assert flags(scene(), ("\\SEEN $work",)) == ("\\Seen", "$work")


def test_the_tag_goes_before_the_variable() -> None:
    """RFC 5232, 5: without :flags the internal variable is used."""
    one = scene()
    one.flags = ("\\Seen",)
    one.set("mine", "a b")
    assert flags(one, None) == ("\\Seen",)
    assert flags(one, ()) == ()
    assert flags(one, (Template((Var("mine"),)), "B c")) == ("a", "b", "c")
