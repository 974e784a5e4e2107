"""A line for the journal: what WARN and INFO of a Postfix table do (header_checks(5)). No word of Sieve.

The message goes on as if there were no such rule.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class Note(Value):
    """Adds `text` to the notes of the decision."""

    text: Text

    def assign(self, scene: Scene) -> None:
        """Notes it, clipped; no more than limits.NOTES."""
        if len(scene.notes) < limits.NOTES:
            scene.notes.append(clipped(scene.expand(self.text)))

    def describe(self) -> str:
        """What is noted."""
        return f"note {quoted(self.text)}"


WORDS = ()
