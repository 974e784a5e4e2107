"""pipe: the message into a program of the site (vnd.dovecot.pipe, as Pigeonhole documents it).

    pipe [:copy] [:try] <program-name: string> [<arguments: string-list>]

    pipe :copy :try "ticket" ["--queue", "support"];

It is a delivery as any other: done when all is decided, and not where the message is delivered nowhere. It cancels the
implicit keep, with :copy it does not. The program has taken the message when it ends with 0.

A program that fails, takes too long or is not there makes the rules fail: nothing of what they wanted is done, and the
message is kept. With :try the pipe alone is passed over, and the implicit keep is not cancelled by it.

In:    program.py has the names, arguments and settings. Out: one Pipe. Fails: RuleFailed, as it says.
"""

from __future__ import annotations

from mdafilter.acts import Pipe
from mdafilter.errors import RuleFailed
from mdafilter.plan import Do, Try
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.program import ARGUMENTS, Program, environment, newline, program_of, seconds
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use


class PipeTo(Value):
    """Hand the message to a program; `attempt`: one that is not there is no failure."""

    program: Program
    copy: bool = False
    attempt: bool = False

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Pipe, or none."""
        try:
            command = self.program.command(scene)
        except RuleFailed as failed:
            if not self.attempt:
                raise
            scene.notes.append(f"{failed}; the rules went on without it")
            return ()
        environ = tuple(environment(scene).items())
        pipe = Pipe(command, self.copy, seconds=seconds(scene, "pipe"), environ=environ)
        return (pipe.replace(newline=newline(scene, "pipe")),)

    def describe(self) -> str:
        tags = f"{' :copy' * self.copy}{' :try' * self.attempt}"
        return f"pipe{tags} {self.program.describe()}"


def build(use: Use) -> Try:
    attempt = use.has(":try")
    pipe = PipeTo(program_of(use), use.has(":copy"), attempt)
    return Try((Do(pipe, use.at),), use.at, not attempt)


WORDS = (
    Word(
        "pipe",
        "step",
        build,
        ARGUMENTS,
        optional_last=1,
        tags=(Tag(":try"),),
        requires=("vnd.dovecot.pipe",),
    ),
)
