"""The score of a recipe: conditions with weights of a procmailrc, `* w^x condition` (procmailsc(5)). No word of Sieve.

    regexp            w + w*x + w*x*x ..., one for each time that it is found (matching/counting.py), up to the first
                      that is less than 1 and grows less; where it is found for ever the limit of that sum, and for
                      x <= 0 one more time
    ! regexp          w, where it is not found
    ? program         w for the exit status 0, x for another one
    ! ? program       the same sum of as many terms as the exit status says, and all of them
    > size            w * (M / L)^x, with the size M that there is and the limit L; by 0 it is certain
    < size            w * (L / M)^x
    others of ours    w, where it holds (lang/borrowed.py)

With such conditions a recipe holds if their sum is more than 0. Conditions without a weight have to hold all the same.
A sum of limits.SCORE is certain: no more weights are looked at; and the negative of that ends the recipe.
$= is the sum without its fraction, but 1 where it is less than that.

Out:   an Answer with what each condition added.
Fails: RuleStalled past limits.SCORE_SECONDS for all of them.
Known bugs: a program that a signal ends has the status 128 and the signal; for procmail the recipe does not hold then,
unless there is a ! before the ?. With a \\/ the limits of grep.py count.
"""

from __future__ import annotations

import math

from mdafilter import limits
from mdafilter.decision import Answer, Within, spelled
from mdafilter.matching.patterns import Budget
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.area import size
from mdafilter.words.condition import Evaluated, Weighted
from mdafilter.words.grep import Grep, Length
from mdafilter.words.logic import AllOf, Not
from mdafilter.words.run import Runs
from mdafilter.words.strings import clipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.decision import Described
    from mdafilter.plan import Condition, Scene

SCORE = "$="  # the variable


class Score(Value):
    """All conditions of a recipe, of which some may have weights."""

    tests: tuple[Condition, ...]

    def ask(self, scene: Scene) -> Answer:
        """Asks one after the other, up to the first one without a weight that does not hold."""
        scene.variables[SCORE] = "0"
        total = _Total(scene)
        held = all(total.take(test) for test in self.tests)
        scene.variables[SCORE] = str(total.rounded())
        if not total.weighed:
            saw = total.saw[1:] if len(self.tests) == 1 else total.saw
            return Answer(held, tuple(saw), clipped("; ".join(map(spelled, total.by))) if held else "")
        score = f"score {total.rounded()}"
        return Answer(held and total.sum > 0, (*total.saw, score), score)

    def describe(self) -> str:
        """The tests, with their weights."""
        if not self.tests:
            return "true"
        return self.tests[0].describe() if len(self.tests) == 1 else AllOf(self.tests).describe()


class _Total:
    """What there is so far."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.budget = Budget(limits.SCORE_SECONDS)
        self.sum = 0.0
        self.weighed = False
        self.saw: list[str | Within] = []
        self.by: list[str | Described] = []

    def take(self, test: Condition) -> bool:
        """Whether the recipe may still hold."""
        weight, negated, plain = _reduced(test, self.scene)
        if weight is None:
            return self._ask(Not(plain) if negated else plain)
        self.weighed = True
        if self.sum >= limits.SCORE:
            return True
        if isinstance(plain, Runs):
            if (status := plain.run(self.scene).status) is None:
                return negated  # it could not be run, or did not end: no status, no weight
            added = _of_status(status, *weight) if negated else weight[status != 0]
        elif isinstance(plain, Length):
            added = _of_size(size(self.scene, plain.area), plain.limit, plain.over != negated, *weight)
        elif isinstance(plain, Grep) and not negated:
            with self.budget:
                added = self._summed(plain.times(self.scene, self.budget), *weight)
        else:
            added = weight[0] if plain.ask(self.scene).held != negated else 0.0
        self.saw += [Within(test, added != 0), f"{added:+g}"]
        self.sum = max(-limits.SCORE, min(limits.SCORE, self.sum + added))
        return self.sum > -limits.SCORE

    def _ask(self, test: Condition) -> bool:
        answer = test.ask(self.scene)
        self.saw += [Within(test, answer.held), *answer.saw][: limits.SAW_VALUES + 1]
        self.by.append(answer.by or test)
        return answer.held

    def _summed(self, times: Iterable[bool], weight: float, exponent: float) -> float:
        """What so many times add."""
        added = 0.0
        for for_ever in times:
            if for_ever:
                return added + _for_ever(weight, exponent)
            before = abs(weight)
            added += weight
            weight *= exponent
            if exponent == 0 or abs(weight) < before < 1 or abs(self.sum + added) >= limits.SCORE:
                break
        return added

    def rounded(self) -> int:
        """The value of $=."""
        return 1 if 0 < self.sum < 1 else int(self.sum)


def _reduced(test: Condition, scene: Scene) -> tuple[tuple[float, float] | None, bool, Condition]:
    """The weight, whether the question is negated, and the question itself, with all variables filled in."""
    match test:
        case Evaluated():
            return _reduced(test.made(scene), scene)
        case Not(test=inner):
            weight, negated, plain = _reduced(inner, scene)
            return weight, not negated, plain
        case Weighted(weight=w, exponent=x, test=inner):
            weight, negated, plain = _reduced(inner, scene)
            return weight or (w, x), negated, plain
        case _:
            return None, False, test


def _for_ever(weight: float, exponent: float) -> float:
    """The limit: "the total added score for this condition will asymptotically approach: w / (1 - x)"."""
    if 0 < exponent < 1:
        return weight / (1 - exponent)
    return weight if exponent <= 0 or weight == 0 else weight + math.copysign(limits.SCORE, weight)


def _of_status(status: int, weight: float, exponent: float) -> float:
    """ "Calculation of the added score then proceeds as if it had been a normal regular expression"."""
    try:
        return weight * (status if exponent == 1 else (math.pow(exponent, status) - 1) / (exponent - 1))
    except OverflowError:
        return math.copysign(math.inf, weight) if weight else 0.0


def _of_size(found: int, limit: int, over: bool, weight: float, exponent: float) -> float:
    """What a size adds: pow(3) of a ratio that says by how much it is larger, or smaller. What is no number is 0."""
    above, below = (found, limit) if over else (limit, found)
    if below == 0:
        return math.inf
    try:
        return weight * math.pow(above / below, exponent) if weight else 0.0
    except OverflowError:
        return math.copysign(math.inf, weight)
    except ValueError:  # a negative power of 0, or a fractional one of a negative ratio
        return math.copysign(math.inf, weight) if above == 0 else 0.0
