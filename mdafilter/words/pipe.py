"""Into a program: what `| program` of a procmailrc does (procmailrc(5)). No word of Sieve yet.

The command line goes to the shell (shell.py) with the message, its header or its body on its standard input, as the
user whose mail it is. Unlike procmail we always wait for the program, and an exit status other than 0 means that the
message is not delivered, unless flag i says that the status does not count.
"""

from __future__ import annotations

from mdafilter import shell
from mdafilter.acts import Pipe
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import in_maildir, lock_path
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class PipeInto(Value):
    """Hand the message to a command line of the shell; `lock` is a lock file that is there meanwhile ("" is none).

    `exported`: it finds the variables in its environment, and runs in MAILDIR.
    """

    command: Text
    copy: bool = False
    area: str = "both"
    check: bool = True
    exported: bool = False
    lock: Text = ""

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Pipe."""
        line = scene.expand(self.command)
        if not self.exported:
            return (Pipe(("/bin/sh", "-c", line), self.copy, self.area, self.check),)
        own, presets = scene.variables, scene.world.presets()
        line = shell.exports(own, presets) + shell.before(own, in_maildir(scene)) + line
        command = (shell.program(own), "-c", line)
        return (Pipe(command, self.copy, self.area, self.check, shell.seconds(own), lock_path(scene, self.lock)),)

    def describe(self) -> str:
        """The command line."""
        area = "" if self.area == "both" else f"{self.area} "
        return f"pipe {area}{'a copy ' * self.copy}{quoted(self.command)}"


WORDS = ()
