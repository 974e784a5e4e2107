"""execute: a program of the site, beside the message (vnd.dovecot.execute, as Pigeonhole documents it).

    execute [:input <text> | :pipe] [:output <varname: string>] <program-name: string> [<arguments: string-list>]

    if execute :pipe :output "folder" "where-to" "${from}" { fileinto "${folder}"; }

The program runs while the rules do. It reads the text, with :pipe the message, or else nothing; with the line ends of
[sieve] execute_input_eol. The test holds if it ends with 0; then what it wrote is the value of the variable, as it
stands, cut to what a variable holds. If it does not, the variable stays as it was, and the notes say why.

In:    program.py has the names, arguments and settings. Out: the Scene's variable; an Answer.
Fails: :output without "variables" is an error when compiled. RuleFailed for a command whose program is not there.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.message.newlines import WithNewlines
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.program import ARGUMENTS, Program, failure, newline, program_of
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word
from mdafilter.words.variables import variable

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Execute(Value):
    """Run the program. It reads `data`, or the message where `pipe`; what it writes becomes the variable `output`."""

    program: Program
    data: Text = ""
    pipe: bool = False
    output: str = ""

    def assign(self, scene: Scene) -> None:
        """Runs it."""
        self._ran(scene)

    def ask(self, scene: Scene) -> Answer:
        """Runs it: whether it ended with 0."""
        why = self.program.lacking(scene) or self._ran(scene)
        return Answer(not why, (why,) if why else (), self.describe())

    def _ran(self, scene: Scene) -> str:
        """Why it failed; "" if it did not."""
        command, eol = self.program.command(scene), newline(scene, "execute")
        if self.pipe:
            ran = self.program.run(scene, command, WithNewlines(scene.message, eol), scene.message.mark)
        else:
            octets = scene.expand(self.data).encode("utf-8", "surrogateescape")
            ran = self.program.run(scene, command, WithNewlines(octets, eol), octets)
        why = failure(ran)
        if why:
            scene.notes.append(f"execute {self.program.name}: {why}")
        elif self.output:
            written = ran.output.slice(0, limits.STRING_OCTETS)  # scene.set cuts it
            scene.set(self.output, written.decode("utf-8", "replace"))
        return why

    def describe(self) -> str:
        words = ["execute"]
        if self.pipe:
            words.append(":pipe")
        elif self.data:
            words.append(f":input {quoted(self.data)}")
        if self.output:
            words.append(f":output {quoted(self.output)}")
        return " ".join([*words, self.program.describe()])


def build(use: Use) -> Execute:
    output = use.tag_text(":output")
    if output is not None and not use.requires("variables"):
        use.error(':output needs the extension "variables"', 'require "variables";', tag=":output")
    name = "" if output is None else variable(use, output, tag=":output")
    return Execute(program_of(use), use.tag_text(":input") or "", use.has(":pipe"), name)


TAGS_OF_EXECUTE = (
    Tag(":input", argument="string", group="input"),
    Tag(":pipe", group="input"),
    Tag(":output", argument="string"),
)

WORDS = tuple(
    Word("execute", kind, build, ARGUMENTS, optional_last=1, tags=TAGS_OF_EXECUTE, requires=("vnd.dovecot.execute",))
    for kind in ("assignment", "test")
)
