"""Whether what stands at a place failed."""

from __future__ import annotations

from mdafilter.plan import Where
from mdafilter.words.failed import Failed
from tests.support.scene import scene


def test_it_looks_at_what_failed() -> None:
    made = scene()
    made.failed[Where("rc", 3)] = "no such folder"
    assert Failed(Where("rc", 3)).ask(made).saw == ("no such folder",)
    assert not Failed(Where("rc", 4)).ask(made).held
    assert Failed(Where("rc", 3)).describe() == "line 3 failed"
