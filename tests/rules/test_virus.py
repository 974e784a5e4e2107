"""rules/virus.sieve."""

from __future__ import annotations

import pytest

from mdafilter.acts import File
from mdafilter.world import Finding, Scanned
from tests.support.scene import StillWorld
from tests.support.script import acts, folders
from tests.support.shipped import mail, named, ruled
from tests.support.verdicts import scored

VIRUS = Scanned(Finding("Eicar-Test-Signature"))


@pytest.mark.parametrize("finding", [Finding("Eicar-Test-Signature"), Finding("PUA.Win.Tool-1", heuristic=True)])
def test_a_virus_and_a_suspicion_go_to_quarantine(finding: Finding) -> None:
    decision = ruled("virus", mail(), StillWorld(scanned=Scanned(finding)))
    assert acts(decision) == [File("Quarantine", create=True)]
    assert decision.decided[0].why == f"clamd {finding.virus}"


def test_what_is_clean_passes() -> None:
    assert folders(ruled("virus", mail(), StillWorld(scanned=Scanned(Finding())))) == ["INBOX"]


def test_what_was_not_scanned_passes_and_says_why() -> None:
    decision = ruled("virus", mail(), StillWorld(scanned=Scanned(None, "clamd: nobody answers")))
    assert folders(decision) == ["INBOX"]
    assert decision.notes == ("clamd: nobody answers",)


def test_as_it_is_shipped_nothing_is_said() -> None:
    decision = ruled("virus", mail())
    assert (folders(decision), decision.notes) == (["INBOX"], ())


def test_a_virus_costs_no_question_to_spamd() -> None:
    world = StillWorld(scored(20.0), scanned=VIRUS)
    assert folders(ruled("default", mail(), world)) == ["Quarantine"]
    assert (world.asked, world.asked_for_viruses) == (0, 1)


def test_what_is_in_quarantine_already_costs_no_question_to_clamd() -> None:
    world = StillWorld(scanned=VIRUS)
    assert folders(ruled("default", named("invoice.exe"), world)) == ["Quarantine"]
    assert world.asked_for_viruses == 0
