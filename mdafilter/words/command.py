"""A program that a procmailrc names: `| program`, `* ? program`, backquotes (procmailrc(5), SHELLMETAS).

With one of the signs of SHELLMETAS in it, or the word `test` in front, the line goes to the shell as it stands. Without
it is divided into words here, as procmail does it, and the program is started with them. Then variables mean what they
mean in the rule file ($1, $-, $_, "$@", $\\NAME), no names of files are looked for, and `exit 1` is a program that is
not there. The shell gets such words quoted, behind `exec`.

In:    a line, and its words where it needs no shell. Out: a line for the shell. Fails: RuleFailed for what is too long.
"""

from __future__ import annotations

from mdafilter import limits, shell
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.arguments import Arguments

METAS = frozenset("&|<>~;?*[")  # SHELLMETAS as it is preset


class Command(Value):
    """A line; `before` are the commands between backquotes in its `words`, by the variables that get their output."""

    line: str
    words: Arguments | None = None
    before: tuple[tuple[str, Command], ...] = ()

    def __str__(self) -> str:
        return self.line

    def text(self, scene: Scene) -> str:
        """What the shell gets."""
        if self.words is None:
            return self.line
        for name, command in self.before:
            scene.variables[name] = output(scene, command)
        words = self.words.expand(scene)
        return " ".join(["exec", *map(_word, words or ("",))])


def output(scene: Scene, command: Command, area: str = "both") -> str:
    """What a command between backquotes writes, without the line ends behind it."""
    written = scene.run(command.text(scene), area, ended=True).output
    return written.slice(0, min(len(written), limits.LINE_OCTETS)).rstrip(b"\n").decode("utf-8", "surrogateescape")


def command_line(scene: Scene, command: Command | Text) -> str:
    """The line of a Command, or a text with its variables filled in."""
    return command.text(scene) if isinstance(command, Command) else scene.expand(command)


def _word(word: str) -> str:
    plain = bool(word) and all(c.isascii() and (c.isalnum() or c in "-_./:@%+,") for c in word)
    return word if plain else shell.quoted(word)
