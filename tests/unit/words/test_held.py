"""Whether another rule held."""

from __future__ import annotations

from mdafilter.texts import Where
from mdafilter.words.held import Held
from tests.support.scene import scene


def test_it_looks_at_what_held() -> None:
    made = scene()
    made.held.add(Where("rc", 3))
    assert Held(Where("rc", 3)).ask(made).held
    assert not Held(Where("rc", 4)).ask(made).held
    assert Held(Where("rc", 3)).describe() == "line 3 held"
