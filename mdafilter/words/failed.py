"""Whether a delivery or a filter failed: flags a and e of a procmailrc (procmailrc(5)). No word of Sieve.

In: the place of a plan.Try, or of a filter. Out: an Answer with the reason. Never fails.
"""

from __future__ import annotations

from mdafilter.plan import Answer
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.plan import Scene, Where


class Failed(Value):
    """The question: could what stands at this place not be done?"""

    at: Where

    def ask(self, scene: Scene) -> Answer:
        """Looks at what failed so far."""
        why = scene.failed.get(self.at)
        return Answer(why is not None, () if why is None else (why,), self.describe())

    def describe(self) -> str:
        """The place."""
        return f"line {self.at.line} failed"


WORDS = ()
