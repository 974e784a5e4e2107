"""Into a program: what `| program` of a procmailrc does (procmailrc(5)). No word of Sieve yet.

The command line goes to /bin/sh with the message, its header or its body on its standard input, as the user whose mail
it is. Unlike procmail we always wait for the program, and an exit status other than 0 means that the message is not
delivered, unless flag i says that the status does not count.
"""

from __future__ import annotations

from mdafilter.acts import Pipe
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class PipeInto(Value):
    """Hand the message to a command line of the shell; `exported` are variables that it finds in its environment."""

    command: Text
    copy: bool = False
    area: str = "both"
    check: bool = True
    exported: bool = False

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Pipe."""
        line = scene.expand(self.command)
        if self.exported:
            line = exports(scene.variables, scene.world.presets()) + line
        return (Pipe(("/bin/sh", "-c", line), self.copy, self.area, self.check),)

    def describe(self) -> str:
        """The command line."""
        area = "" if self.area == "both" else f"{self.area} "
        return f"pipe {area}{'a copy ' * self.copy}{quoted(self.command)}"


def exports(variables: Mapping[str, str], presets: Mapping[str, str]) -> str:
    """Shell lines that make the variables known which differ from what is preset, and change into MAILDIR.

    The program runs later than the rules, when the message is delivered.
    """
    own = {k: v for k, v in sorted(variables.items()) if k.isidentifier() and k.isascii() and v != presets.get(k)}
    lines = [f"export {k}={_quoted(v)}\n" for k, v in own.items() if "\0" not in v]
    return "".join(lines) + ('cd -- "$HOME" && cd -- "$MAILDIR"\n' if "MAILDIR" in own else "")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


WORDS = ()
