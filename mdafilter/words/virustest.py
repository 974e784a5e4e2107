"""virustest: whether there is a virus in the message, as a number that is the same for every scanner (RFC 5235).

    virustest [MATCH-TYPE] [COMPARATOR] <value: string>

    if virustest :value "ge" :comparator "i;ascii-numeric" "4" { fileinto "Quarantine"; }

The scanner (clamd) is asked when the first of these tests is reached, once for a message; where it is switched off,
nobody is asked. What it says has one of these values (section 3.3):

    0   the message was not scanned: clamd is off, gave no answer, or takes no message of that size
    1   no known virus
    4   possibly a virus: what clamd's heuristics suspect (Heuristics.*), and programs that may be unwanted (PUA.*)
    5   a virus that clamd knows by its signature

2 and 3 say that a virus was replaced or made harmless. Nobody does that here: the message is delivered as it came.

A site that has a scanner before Postfix can have its mark read instead ([sieve] virustest_status_header, status.py).

Out:   compares the digit alone, without the comment that section 3.1 allows. With :count, 1, or 0 if it is not scanned.
Fails: a scanner that is down is "not tested"; TryAgain only where the site's policy is to wait for the scanner.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.status import answer, marked
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use
    from mdafilter.world import Finding


class Virustest(Value):
    """Does the scanner's finding, as a number, match?"""

    match: Match

    def ask(self, scene: Scene) -> Answer:
        if mark := marked(scene, "virustest"):
            return answer(self.match, scene, *mark)
        finding = scene.finding()
        value, said = value_of(finding), shown(finding)
        counted = finding is None and self.match.counts
        held = self.match.test(scene, () if counted else (value,)).held
        return Answer(held, (f"{value}: {said}",), said if held else "")

    def describe(self) -> str:
        return f"virustest {self.match.describe()}"


def value_of(finding: Finding | None) -> str:
    """The value of section 3.3."""
    if finding is None:
        return "0"
    if not finding.virus:
        return "1"
    return "4" if finding.heuristic else "5"


def shown(finding: Finding | None) -> str:
    """`clamd Eicar-Test-Signature`: for the journal."""
    if finding is None:
        return "not scanned for viruses"
    return f"{finding.scanner} {finding.virus or 'knows no virus in it'}"


def build(use: Use) -> Virustest:
    return Virustest(match_of(use, 0))


WORDS = (Word("virustest", "test", build, ("string",), tags=MATCH_TAGS, requires=("virustest",)),)
