"""A line for the journal."""

from __future__ import annotations

from mdafilter import limits
from mdafilter.words.note import Note
from tests.support.scene import scene


def test_it_is_noted() -> None:
    one = scene()
    Note("seen a thing").assign(one)
    assert one.notes == ["seen a thing"]
    assert Note("a").describe() == 'note "a"'


def test_it_is_bounded() -> None:
    one = scene()
    Note("a" * 10_000).assign(one)
    assert len(one.notes[0]) == limits.WHY_OCTETS
