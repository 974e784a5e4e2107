"""TRAP of a procmailrc: a program at the end (procmailrc(5)). No word of Sieve.

    TRAP="rm -f $TMPFILE"

"When procmail terminates of its own accord, it will execute the contents of this variable. A copy of the mail can be
read from stdin. Any output produced by this command will be appended to $LOGFILE."

It runs behind the last delivery, as a copy for a program does, within TIMEOUT, and how it ends does not count. It does
not run where the message is refused or comes back: nothing is done then. It finds EXITCODE, 0 if nothing else was set.

In: TRAP, as it is at the end. Out: one Pipe, or none where it is empty. Never fails.
"""

from __future__ import annotations

from mdafilter import shell
from mdafilter.acts import Reject
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.pipe import PipeInto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene


class Trap(Value):
    """The program that TRAP names then."""

    def acts(self, scene: Scene) -> Sequence[Act]:
        """A copy for the program."""
        line = scene.value("TRAP")
        if not line.strip() or any(isinstance(d.act, Reject) for d in scene.decided):
            return ()
        if scene.decided:
            scene.variables.setdefault("EXITCODE", "0")
        folder = scene.value("LASTFOLDER")
        into = f"exec >>{shell.quoted(scene.log.path)} 2>&1\n" if scene.log.path else ""
        acts = PipeInto(into + line, copy=True, check=False, exported=True).acts(scene)
        scene.variables["LASTFOLDER"] = folder
        return acts

    def describe(self) -> str:
        return "run the program of TRAP at the end"


WORDS = ()
