"""`discard`."""

from __future__ import annotations

from mdafilter.acts import Discard, File
from mdafilter.words.discard import DiscardIt
from tests.support.script import acts, decide


def test_it_cancels_the_implicit_keep() -> None:
    """RFC 5228, 4.4: "It does so by simply canceling the implicit keep."."""
    assert acts(decide("discard;")) == [Discard()]


def test_it_undoes_nothing() -> None:
    """RFC 5228, 4.4: "fileinto+discard is equivalent to fileinto"."""
    decided = acts(decide('require "fileinto"; fileinto "a"; discard;'))
    assert File("a") in decided


def test_the_description_is_sieve() -> None:
    assert DiscardIt().describe() == "discard"
