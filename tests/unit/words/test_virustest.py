"""virustest (RFC 5235 section 3.3)."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from mdafilter.words.match import Match
from mdafilter.words.virustest import Virustest, shown, value_of
from mdafilter.world import Finding, Scanned
from tests.support.scene import StillWorld, scene
from tests.support.script import compiled, decide, folders

NUMERIC = "i;ascii-numeric"
CLEAN = Finding()
KNOWN = Finding("Eicar-Test-Signature")
SUSPECT = Finding("Heuristics.Encrypted.Zip", heuristic=True)


def world(finding: Finding | None) -> StillWorld:
    return StillWorld(scanned=Scanned(finding))


def at_least(number: str) -> Virustest:
    return Virustest(Match("value", NUMERIC, "ge", (number,)))


@pytest.mark.parametrize(("finding", "value"), [(None, "0"), (CLEAN, "1"), (SUSPECT, "4"), (KNOWN, "5")])
def test_the_values_of_section_3_3(finding: Finding | None, value: str) -> None:
    """0 "message was not tested for viruses, or Sieve could not determine whether any test was done", 1 "contains no
    known viruses", 4 "possibly contains a known virus", 5 "definitely contains a known virus"."""
    assert value_of(finding) == value
    for number in "0123456":
        assert Virustest(Match("is", NUMERIC, "", (number,))).ask(scene(world=world(finding))).held is (number == value)
        assert at_least(number).ask(scene(world=world(finding))).held is (value >= number)


@pytest.mark.parametrize(("finding", "count"), [(None, "0"), (CLEAN, "1"), (SUSPECT, "1"), (KNOWN, "1")])
def test_count_tells_whether_it_was_tested(finding: Finding | None, count: str) -> None:
    """Section 3.1: "the ":count" of the normalized result will return the numeric value "1", whilst if the test was not
    done ... the ":count" value will be "0" (zero)"."""
    assert Virustest(Match("count", NUMERIC, "eq", (count,))).ask(scene(world=world(finding))).held
    assert not Virustest(Match("count", NUMERIC, "ne", (count,))).ask(scene(world=world(finding))).held


def test_the_scanner_is_asked_once() -> None:
    asked = world(KNOWN)
    here = scene(world=asked)
    at_least("4").ask(here)
    at_least("5").ask(here)
    assert asked.asked_for_viruses == 1
    assert asked.asked == 0


def test_the_answer_says_what_was_found() -> None:
    answer = at_least("4").ask(scene(world=world(KNOWN)))
    assert (answer.by, answer.saw) == ("clamd Eicar-Test-Signature", ("5: clamd Eicar-Test-Signature",))
    answer = at_least("4").ask(scene(world=world(CLEAN)))
    assert (answer.held, answer.by, answer.saw) == (False, "", ("1: clamd knows no virus in it",))
    answer = at_least("4").ask(scene(world=world(None)))
    assert (answer.held, answer.by, answer.saw) == (False, "", ("0: not scanned for viruses",))
    assert shown(SUSPECT) == "clamd Heuristics.Encrypted.Zip"


def test_it_describes_itself_as_sieve() -> None:
    assert at_least("4").describe() == 'virustest :value "ge" :comparator "i;ascii-numeric" "4"'


RFC_EXAMPLE = """require ["virustest", "fileinto", "relational", "comparator-i;ascii-numeric"];
    if virustest :value "eq" :comparator "i;ascii-numeric" "0" { fileinto "INBOX.unclassified"; }
    if virustest :value "eq" :comparator "i;ascii-numeric" "4" { fileinto "INBOX.quarantine"; }
    elsif virustest :value "eq" :comparator "i;ascii-numeric" "5" { discard; }"""


@pytest.mark.parametrize(
    ("finding", "where"),
    [(None, ["INBOX.unclassified"]), (CLEAN, ["INBOX"]), (SUSPECT, ["INBOX.quarantine"]), (KNOWN, [])],
)
def test_the_example_of_section_3_3(finding: Finding | None, where: list[str]) -> None:
    assert folders(decide(RFC_EXAMPLE, world=world(finding))) == where


def test_it_needs_its_own_capability_and_no_other() -> None:
    assert compiled('require "virustest"; if virustest "5" { stop; }').warnings == ()
    with pytest.raises(RuleErrors, match="virustest"):
        compiled('require "spamtest"; if virustest "5" { stop; }')


def test_percent_is_of_spamtest_alone() -> None:
    with pytest.raises(RuleErrors, match="percent"):
        compiled('require ["virustest", "spamtestplus"]; if virustest :percent "5" { stop; }')


def test_count_needs_relational() -> None:
    with pytest.raises(RuleErrors, match="relational"):
        compiled('require ["virustest", "comparator-i;ascii-numeric"]; if virustest :count "eq" "1" { stop; }')
