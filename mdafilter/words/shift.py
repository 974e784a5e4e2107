"""SHIFT of a procmailrc: the arguments of the delivery move up (procmailrc(5)). No word of Sieve.

"Assigning a positive value to this variable has the same effect as the `shift' command in sh(1)." There is one, $1, the
extension of the address.

In: a number. Never fails: what is no number counts as 0.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.condition import leading_number
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class Shift(Value):
    """By so many."""

    number: Text

    def assign(self, scene: Scene) -> None:
        """Takes it away."""
        if leading_number(scene.expand(self.number)) > 0:
            scene.variables.update({"$1": "", "$#": "0"})

    def describe(self) -> str:
        """As it is spelled."""
        return f"shift {quoted(self.number)}"


WORDS = ()
