"""Another file of rules: INCLUDERC and SWITCHRC of a procmailrc (procmailrc(5)). No word of Sieve.

    INCLUDERC=$HOME/.procmail/$MATCH.rc

"Names an rcfile (relative to the current directory) which will be included here as if it were part of the current
rcfile." With SWITCHRC it takes the place of the current one. A name that is known then is read when the rules are
compiled; this is about the others. Which file it is may be told by the message, and so it is believed as the user's own
rule file is (rulebook.suspicious): procmail believes it in any case.

In:    a name with variables; relative to MAILDIR. Out: its steps; none for "" and /dev/null, with which SWITCHRC ends
       the file; None for one that is not there.
Fails: never: a file that is not believed, or has a mistake in it, is passed over, and the notes say why.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.plan import Plan
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import in_maildir
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Block, Scene
    from mdafilter.texts import Text


class OtherFile(Value):
    """The rules of the file of this name."""

    name: Text

    def block(self, scene: Scene) -> Block | None:
        """Reads it."""
        name = scene.expand(self.name)
        if name in ("", "/dev/null"):
            return ()
        path = in_maildir(scene, name)
        try:
            plan = None if "\0" in path else scene.world.rules(path)
        except RuleFailed as failed:
            scene.notes.append(f"{failed}; the file is passed over")
            return None
        if plan is None:
            scene.notes.append(f"{path} is not there: it is passed over")
            return None
        assert isinstance(plan, Plan)
        return plan.steps

    def describe(self) -> str:
        return f"the rules of the file {quoted(self.name)}, read then"


class ThisFile(Value):
    """Rules that are known, of which a Stop of the file ends no more than these."""

    name: str
    steps: Block

    def block(self, scene: Scene) -> Block | None:
        """They are there."""
        return self.steps

    def describe(self) -> str:
        return f"the rules of {self.name}"


WORDS = ()
