"""Whether the last delivery or filter failed."""

from __future__ import annotations

from mdafilter.words.failed import Failed, Succeeded
from tests.support.scene import scene


def test_it_looks_at_what_failed_last() -> None:
    made = scene()
    assert not Failed().ask(made).held
    made.failure = "no such folder"
    assert Failed().ask(made).saw == ("no such folder",)
    Succeeded().assign(made)
    assert not Failed().ask(made).held


def test_descriptions() -> None:
    assert Failed().describe() == "the last delivery failed"
    assert Succeeded().describe() == "all is well so far"
