"""HOST of a procmailrc: the rules end where it is not the name of this host (procmailrc(5)). No word of Sieve.

    HOST=stop        HOST        :0 { HOST }

"If this is not the hostname of the machine, processing of the current rcfile will immediately cease": of the file that
includes it, too, since there is no other one. "to the mailer it will seem that the mail has been delivered": the
message is discarded, or refused (exitcode.py). A HOST before all recipes is that of another machine, where these rules
are at home; procmail loses the message there, and here it is kept in the inbox.

In:    the variable HOST; "" where it is not set. Out: an Answer with it; Keep, or what exitcode.py says, as that fails.
"""

from __future__ import annotations

from mdafilter.acts import Discard, Keep
from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.exitcode import nowhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene


class OtherHost(Value):
    """The question: is HOST another name than that of this host?"""

    def ask(self, scene: Scene) -> Answer:
        """Compares them, with the case of letters."""
        host = scene.value("HOST")
        other = not host or host != scene.world.presets().get("HOST")
        return Answer(other, (host,), f"HOST is {host!r}")

    def describe(self) -> str:
        return "HOST is not this host"


class GoNowhere(Value):
    """The message goes nowhere, unless `keep`: then it is kept."""

    keep: bool = False

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One act; an EXITCODE is answered in any case."""
        act = nowhere(scene)
        return (Keep() if self.keep and isinstance(act, Discard) else act,)

    def describe(self) -> str:
        return "keep" if self.keep else "discard, or refuse where EXITCODE says so"


WORDS = ()
