"""mailboxid (RFC 9042)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep
from tests.support.scene import StillWorld
from tests.support.script import acts, decide
from tests.support.sieve import errors

REQUIRE = 'require ["mailboxid", "variables"];\n'


def world() -> StillWorld:
    return StillWorld(ids={"F1": "Work", "F2": "INBOX", "F3": "Gone"}, folders=("Work", "INBOX"))


@pytest.mark.parametrize(
    ("ids", "held"),
    [('"F1"', True), ('["F1", "F2"]', True), ('["F1", "F3"]', False), ('"F9"', False), ('"f1"', False), ('""', False)],
)
def test_every_id_is_a_folders(ids: str, held: bool) -> None:
    """Section 6: it "evaluates to true if every string argument provided is the ObjectID of a mailbox that exists"."""
    (act,) = acts(decide(f"{REQUIRE}if mailboxidexists {ids} {{ discard; }}", world=world()))
    assert act == (Discard() if held else Keep())


@pytest.mark.parametrize("script", ['if mailboxidexists "F1" {}', 'fileinto :mailboxid "F1" "J";'])
def test_it_must_be_required(script: str) -> None:
    (error,) = errors('require "fileinto";' + script)
    assert 'require "mailboxid"' in error


def test_it_describes_itself() -> None:
    decision = decide(f'{REQUIRE}if mailboxidexists ["F1", "F2"] {{ discard; }}', world=world())
    (one,) = [one for one in decision.trace if one.answer]
    assert one.what == 'mailboxidexists ["F1", "F2"]'
    assert one.answer is not None
    assert one.answer.by == "F1 is Work, F2 is INBOX"
