"""Into a program: what `| program` of a procmailrc does (procmailrc(5)). No word of Sieve yet.

The command line goes to the shell (shell.py) with the message, its header or its body on its standard input, as the
user whose mail it is. Unlike procmail we always wait for the program, and an exit status other than 0 means that the
message is not delivered, unless flag i says that the status does not count.
"""

from __future__ import annotations

import os

from mdafilter import shell
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
        if not self.exported:
            return (Pipe(("/bin/sh", "-c", line), self.copy, self.area, self.check),)
        own, presets = scene.variables, scene.world.presets()
        line = shell.exports(own, presets) + shell.before(own, _folder(own, presets)) + line
        command = (shell.program(own), "-c", line)
        return (Pipe(command, self.copy, self.area, self.check, shell.seconds(own)),)

    def describe(self) -> str:
        """The command line."""
        area = "" if self.area == "both" else f"{self.area} "
        return f"pipe {area}{'a copy ' * self.copy}{quoted(self.command)}"


def _folder(variables: Mapping[str, str], presets: Mapping[str, str]) -> str:
    """MAILDIR, below the home."""
    return os.path.join(presets.get("HOME", ""), variables.get("MAILDIR", ""))


WORDS = ()
