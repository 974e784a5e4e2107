"""spamtest: how sure the spam scorer is, as a number that is the same for every scorer (RFC 5235).

    spamtest [:percent] [MATCH-TYPE] [COMPARATOR] <value: string>

    if spamtest :value "ge" :comparator "i;ascii-numeric" "5" { fileinto "Trash"; }   # what the scorer calls spam

The scorer (spamd) is asked when the first of these tests is reached, once for a message; a script that decides without
it does not pay for it. From then on the message carries the marks of the scorer (X-Spam-Status and so on).

The scorer's score and threshold are mapped by two straight lines that meet at the threshold, rounded down:

    score                 value                      :percent                   RFC 5235 sections 3.2.1, 3.2.2
    no answer             0                          0                          not tested
    0 or less             1                          0                          clear of spam
    below the threshold   1 + 4 * score/threshold    50 * score/threshold       1 .. 4,  0 .. 49
    the threshold         5                          50                         spam, says the scorer
    above it              5 * score/threshold        50 * score/threshold       5 .. 10, 50 .. 100
    twice the threshold   10                         100                        definitely spam

So "5" or more (:percent "50" or more) holds exactly where the scorer itself says spam: its own flag decides which half
is used, not the arithmetic. With spamd's threshold of 5.0 and no :percent, the value in the upper half is the score.

A site that has a scanner before Postfix can have its mark read instead ([sieve] spamtest_status_header, status.py).

Out:   compares the digits alone, without the comment that section 3.1 allows. With :count, 0 if nobody answered, or 1.
Fails: a scorer that is down is "not tested"; TryAgain only where the site's policy is to wait for the scorer.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.status import answer, marked
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use
    from mdafilter.world import Verdict

SYMBOLS_SHOWN = 5


class Spamtest(Value):
    """Does the scorer's verdict, as a number, match?"""

    match: Match
    percent: bool = False

    def ask(self, scene: Scene) -> Answer:
        if mark := marked(scene, "spamtest", percent=self.percent):
            return answer(self.match, scene, *mark)
        verdict = scene.verdict()
        if verdict is None:
            held = self.match.test(scene, () if self.match.counts else ("0",)).held
            return Answer(held, ("not tested: no scorer answered",), "no scorer answered" if held else "")
        value = percent_of(verdict) if self.percent else value_of(verdict)
        said = shown(verdict)
        held = self.match.test(scene, (str(value),)).held
        return Answer(held, (f"{value}{'%' if self.percent else ''}: {said}",), said if held else "")

    def describe(self) -> str:
        return f"spamtest{' :percent' if self.percent else ''} {self.match.describe()}"


def value_of(verdict: Verdict) -> int:
    """1 to 10; 5 and more exactly where the verdict is spam."""
    ratio = _ratio(verdict)
    return _between(5, int(5 * ratio), 10) if verdict.spam else _between(1, int(1 + 4 * ratio), 4)


def percent_of(verdict: Verdict) -> int:
    """0 to 100; 50 and more exactly where the verdict is spam."""
    percent = int(50 * _ratio(verdict))
    return _between(50, percent, 100) if verdict.spam else _between(0, percent, 49)


def _ratio(verdict: Verdict) -> float:
    """The score in units of the threshold, 0.0 to 2.0. Without a sensible threshold the flag alone decides."""
    if verdict.threshold > 0:
        ratio = verdict.score / verdict.threshold
        if ratio == ratio:  # not NaN
            return min(max(ratio, 0.0), 2.0)
    return 2.0 if verdict.spam else 0.0


def _between(low: int, value: int, high: int) -> int:
    return min(max(value, low), high)


def shown(verdict: Verdict) -> str:
    """`spamd 15.2/5.0 (GTUBE, NO_RECEIVED)`: for the journal, with the first few symbols."""
    symbols = list(verdict.symbols[:SYMBOLS_SHOWN]) + ["..."] * (len(verdict.symbols) > SYMBOLS_SHOWN)
    return f"{verdict.scorer} {verdict.score:.1f}/{verdict.threshold:.1f}" + (
        f" ({', '.join(symbols)})" if symbols else ""
    )


def build(use: Use) -> Spamtest:
    return Spamtest(match_of(use, 0), use.has(":percent"))


WORDS = (
    Word(
        "spamtest",
        "test",
        build,
        ("string",),
        tags=(*MATCH_TAGS, Tag(":percent", requires=("spamtestplus",))),
        requires=("spamtest", "spamtestplus"),
    ),
)
