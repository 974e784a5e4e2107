"""Whether another rule held: flags A, a, e and E of a procmailrc (procmailrc(5)). No word of Sieve.

In: the place of a plan.Branch. Out: an Answer; a rule that was not asked did not hold. Never fails.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Where


class Held(Value):
    """The question: did the rule at this place hold, when it was asked last?"""

    at: Where

    def ask(self, scene: Scene) -> Answer:
        """Looks at what held so far."""
        return Answer(self.at in scene.held, (), self.describe())

    def describe(self) -> str:
        """The place."""
        return f"line {self.at.line} held"


WORDS = ()
