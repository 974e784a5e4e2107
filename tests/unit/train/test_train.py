"""The values that the parts of training hand to each other."""

from __future__ import annotations

from mdafilter.train import FACTS, Hints, Original, Report, Reporter
from mdafilter.train.door import ENVIRON


def test_what_is_not_said_is_not_known() -> None:
    assert (Report("spam", "alias", {}, b"").uid, Report("spam", "alias", {}, b"").time) == (-1, 0.0)
    assert not Reporter("bob", "network").trusted
    assert Original(b"", "attached").where == ""
    assert Hints().message_ids == ()


def test_every_fact_has_its_name_in_the_environment() -> None:
    assert {*ENVIRON, "file"} == set(FACTS)  # only `watch` and an archive tell of a file
