"""Whether a program says yes: `* ? command` of a procmailrc (procmailrc(5)). No word of Sieve.

The program gets the area that the conditions search (area.py) on its standard input, which is the header alone unless
flags say otherwise, each field on one line. It holds if the exit status is 0. What it writes is not looked at.

In:    a command. Out: an Answer with the status. Fails: never; a program that cannot run says no.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.area import header
from mdafilter.words.command import command_line
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.command import Command
    from mdafilter.world import Ran


class Runs(Value):
    """The question: does the command end with 0?"""

    command: Command | Text
    area: str = "both"

    def ask(self, scene: Scene) -> Answer:
        """Runs it."""
        ran = self.run(scene)
        status = ran.says or "did not run" if ran.status is None else f"exit status {ran.status}"
        return Answer(ran.status == 0, (status,), self.describe())

    def run(self, scene: Scene) -> Ran:
        """How it ended."""
        area, before = self._read(scene)
        return scene.run(command_line(scene, self.command), area, before, ended=area != "none")

    def _read(self, scene: Scene) -> tuple[str, bytes]:
        """What it reads: a part of the message as it stands, with an empty line at its end, and what comes before."""
        if self.area.startswith("$"):
            return "none", scene.value(self.area[1:]).encode("utf-8", "surrogateescape") + b"\n"
        if self.area == "body":
            return "body", b""
        head = header(scene.message, scene.envelope.postmark(scene.message.newline))
        return "body" if self.area == "both" else "none", head

    def describe(self) -> str:
        """The command line."""
        return f"run {quoted(str(self.command))}"


WORDS = ()
