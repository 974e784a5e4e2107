"""Whether the last delivery or filter failed: flags a and e of a procmailrc (procmailrc(5)). No word of Sieve.

A delivery that failed is one in a plan.Try that was passed over; to have entered a block is to have succeeded.

Out: an Answer with the reason. Never fails.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.plan import Scene


class Failed(Value):
    """The question: could the last of them not be done?"""

    def ask(self, scene: Scene) -> Answer:
        """Looks at what the last one left behind."""
        return Answer(bool(scene.failure), (scene.failure,) if scene.failure else (), self.describe())

    def describe(self) -> str:
        return "the last delivery failed"


class Succeeded(Value):
    """What is done so far counts as well done."""

    def assign(self, scene: Scene) -> None:
        """Forgets the failure."""
        scene.failure = ""

    def describe(self) -> str:
        return "all is well so far"


WORDS = ()
