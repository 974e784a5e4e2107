"""`exists`: whether fields are there."""

from __future__ import annotations

import pytest

from mdafilter.decision import Answer
from mdafilter.words.exists import Exists
from tests.support.scene import scene
from tests.support.script import compiled


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        (("FROM", "subject"), Answer(True, ("From", "Subject"), "there is From, Subject")),
        (("From", "Date"), Answer(False, ("From",))),
        (("Date", "From"), Answer(False)),
        (("From:",), Answer(False)),
    ],
)
def test_all_must_be_there(names: tuple[str, ...], answer: Answer) -> None:
    """RFC 5228, 5.5: "All of the headers must exist or the test is false."."""
    assert Exists(names).ask(scene()) == answer


def test_the_description_is_sieve() -> None:
    assert Exists(("From", "Date")).describe() == 'exists ["From", "Date"]'


def test_a_name_that_no_field_can_have_is_warned_of() -> None:
    assert len(compiled('if exists "From:" { stop; }').warnings) == 1
