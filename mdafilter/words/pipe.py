"""Into a program: what `| program` of a procmailrc does (procmailrc(5)). No word of Sieve yet.

The command line goes to /bin/sh with the message on its standard input, as the user whose mail it is. Unlike procmail
we wait for the program: an exit status other than 0 means that the message is not delivered, and is tried again.
"""

from __future__ import annotations

from mdafilter.plan import Pipe
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.plan import Act, Scene, Text


class PipeInto(Value):
    """Hand the message to a command line of the shell."""

    command: Text

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Pipe."""
        return (Pipe(("/bin/sh", "-c", scene.expand(self.command))),)

    def describe(self) -> str:
        """The command line."""
        return f"pipe {quoted(self.command)}"


WORDS = ()
