"""`keep`."""

from __future__ import annotations

from mdafilter.acts import Keep
from mdafilter.words.keep import KeepIt
from tests.support.scene import scene
from tests.support.script import acts, decide


def test_it_stays_whatever_else_happens() -> None:
    """RFC 5228, 4.4: "If discard is used with other actions, the other actions still happen."."""
    assert acts(decide("keep; discard;"))[0] == Keep()


def test_it_happens_once() -> None:
    """RFC 5228, 2.10.3: "If a script asks for a message to be written to a mailbox twice, it MUST NOT be treated as an
    error."."""
    assert acts(decide("keep; keep;")) == [Keep()]


def test_flags_of_its_own_and_of_the_scene() -> None:
    """RFC 5232, 5: without :flags the internal variable is used."""
    one = scene()
    one.flags = ("\\Seen",)
    assert KeepIt().acts(one) == (Keep(("\\Seen",)),)
    assert KeepIt(("\\Flagged",)).acts(one) == (Keep(("\\Flagged",)),)


def test_the_description_is_sieve() -> None:
    assert KeepIt().describe() == "keep"
    assert KeepIt(("\\Seen",)).describe() == 'keep :flags "\\\\Seen"'
