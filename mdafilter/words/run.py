"""Whether a program says yes: `* ? command` of a procmailrc (procmailrc(5)). No word of Sieve.

The program gets the message on its standard input; it holds if the exit status is 0. What it writes is not looked at.

In:    a command line of the shell. Out: an Answer with the status. Fails: never; a program that cannot run says no.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class Runs(Value):
    """The question: does the command end with 0?"""

    command: Text
    area: str = "both"

    def ask(self, scene: Scene) -> Answer:
        """Runs it, once for each message."""
        ran = scene.run(scene.expand(self.command), self.area)
        status = ran.says or "did not run" if ran.status is None else f"exit status {ran.status}"
        return Answer(ran.status == 0, (status,), self.describe())

    def describe(self) -> str:
        """The command line."""
        return f"run {quoted(self.command)}"


WORDS = ()
