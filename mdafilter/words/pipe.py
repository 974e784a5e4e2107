"""Into a program: what `| program` of a procmailrc does (procmailrc(5)). No word of Sieve yet.

The command line goes to the shell (shell.py) with the message, its header or its body on its standard input, as the
user whose mail it is. Unlike procmail we always wait for the program, and an exit status other than 0 means that the
message is not delivered, unless flag i says that the status does not count.

A copy for a program that need not read it (flags c and i, as in `:0 Wic` and `| mkdir $FOLDER`) is no delivery. It runs
at once, as a question does, so that all that follows sees what it has done.
"""

from __future__ import annotations

from mdafilter import shell
from mdafilter.acts import Pipe
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.command import command_line
from mdafilter.words.names import lock_path
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.command import Command


class RunBeside(Value):
    """Run the command, whatever becomes of the message. `check`: another status than 0 is a failure (failed.py)."""

    command: Command | Text
    area: str = "both"
    check: bool = False
    raw: bool = False
    lock: Text = ""

    def assign(self, scene: Scene) -> None:
        """Runs it."""
        lock = lock_path(scene, self.lock)
        ran = scene.run(command_line(scene, self.command), self.area, lock=lock, ended=not self.raw)
        scene.variables["LASTFOLDER"] = str(self.command)
        scene.failure = (ran.says or f"exit status {ran.status}") if self.check and ran.status != 0 else ""

    def describe(self) -> str:
        """The command line."""
        return f"run {quoted(str(self.command))} beside"


class PipeInto(Value):
    """Hand the message to a command line of the shell; `lock` is a lock file that is there meanwhile ("" is none).

    `exported`: as a procmailrc does, in MAILDIR, with the variables in its environment, and unless it is `raw` behind
    the From line, with an empty line at the end.
    """

    command: Command | Text
    copy: bool = False
    area: str = "both"
    check: bool = True
    exported: bool = False
    raw: bool = False
    lock: Text = ""

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Pipe."""
        line = command_line(scene, self.command)
        pipe = Pipe(("/bin/sh", "-c", line), self.copy, self.area, self.check)
        if not self.exported:
            return (pipe,)
        own = scene.variables
        command = (shell.program(own), "-c", shell.before(own, shell.folder(own)) + line)
        environ = tuple(sorted(shell.exported(own).items()))
        own["LASTFOLDER"] = str(self.command)
        pipe = pipe.replace(command=command, seconds=shell.seconds(own), environ=environ)
        return (pipe.replace(postmark=True, ended=not self.raw, lock=lock_path(scene, self.lock)),)

    def describe(self) -> str:
        """The command line."""
        area = "" if self.area == "both" else f"{self.area} "
        return f"pipe {area}{'a copy ' * self.copy}{quoted(str(self.command))}"


WORDS = ()
