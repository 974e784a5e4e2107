"""`debug_log`: a line for whoever looks for a mistake in a script (vnd.dovecot.debug).

    debug_log <message: string>

    debug_log "the list is ${list}";

In:    a string, which may have variables in it.
Out:   a note of the decision, clipped, at most limits.NOTES of them: `explain` shows it, and the journal keeps it with
       the message (`why`). The message goes on as if there were no such line.
Fails: never.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import BLANKS, clipped, quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class DebugLog(Value):
    """Notes `text`."""

    text: Text

    def assign(self, scene: Scene) -> None:
        """Notes it."""
        if len(scene.notes) < limits.NOTES:
            scene.notes.append(clipped(f"debug: {scene.expand(self.text).strip(BLANKS)}"))

    def describe(self) -> str:
        """The command as Sieve spells it."""
        return f"debug_log {quoted(self.text)}"


def build(use: Use) -> DebugLog:
    """The node for one use of `debug_log`."""
    return DebugLog(use.text(0))


WORDS = (Word("debug_log", "assignment", build, arguments=("string",), requires=("vnd.dovecot.debug",)),)
