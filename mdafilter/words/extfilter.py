"""filter: the message through a program of the site (vnd.dovecot.filter, as Pigeonhole documents it).

    filter <program-name: string> [<arguments: string-list>]          a command, and a test

    if not filter "decrypt" { fileinto "Encrypted"; }

What the program writes is the message from here on: for tests, and for what is decided afterwards. The test holds if
that worked. The message stays as it was, and the notes say why, where the program fails: it ends with another status
than 0, takes too long, is killed, or writes nothing or more than limits.ANSWER_OCTETS octets.

It gets the message with the line ends of [sieve] filter_input_eol; the new message has those of the old one again. A
large one is never in memory.

In:    program.py has the names, arguments and settings. Out: another Message; an Answer.
Fails: RuleFailed for a command whose program is not there. TryAgain where there is no room for the new message.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.message.message import rebuilt
from mdafilter.message.newlines import WithNewlines
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.filter import without_from
from mdafilter.words.parts import stand
from mdafilter.words.program import ARGUMENTS, Program, failure, newline, program_of
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use


class FilterBy(Value):
    """The message becomes what the program makes of it. As a test: whether it did."""

    program: Program

    def rewrite(self, scene: Scene) -> Message:
        """The new message, or the old one."""
        return self._filtered(scene)[0]

    def ask(self, scene: Scene) -> Answer:
        """The message of the Scene is the new one from here on."""
        why = self.program.lacking(scene)
        message, why = (scene.message, why) if why else self._filtered(scene)
        scene.message = message
        return Answer(not why, (why,) if why else (), self.describe())

    def _filtered(self, scene: Scene) -> tuple[Message, str]:
        """The message, and why it is the old one ("": it is not)."""
        message = scene.message
        command = self.program.command(scene)
        ran = self.program.run(scene, command, WithNewlines(message, newline(scene, "filter")), message.mark)
        output = without_from(ran.output)
        why = failure(ran) or ("" if len(output) else "it wrote nothing")
        if why:
            scene.notes.append(f"filter {self.program.name}: {why}; the message is as it was before")
            return message, why
        made = Message.parse(output)
        if made.newline != message.newline:
            other = WithNewlines(made, message.newline)
            try:
                made = rebuilt(other.write_to)
            except OSError as failed:
                raise TryAgain(f"no room for a filtered message: {failed.strerror}") from failed
        stand(scene, made)
        return made, ""

    def describe(self) -> str:
        return f"filter {self.program.describe()}"


def build(use: Use) -> FilterBy:
    return FilterBy(program_of(use))


WORDS = tuple(
    Word("filter", kind, build, ARGUMENTS, optional_last=1, requires=("vnd.dovecot.filter",))
    for kind in ("change", "test")
)
