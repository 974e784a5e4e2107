"""`discard`: nowhere (RFC 5228 section 4.4).

    discard

"Discard is used to silently throw away the message. It does so by simply canceling the implicit keep. If discard is
used with other actions, the other actions still happen."

Out:   Discard. Fails: never.
"""

from __future__ import annotations

from mdafilter.acts import Discard
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use


class DiscardIt(Value):
    """The wish: let the message go."""

    def acts(self, scene: Scene) -> tuple[Discard, ...]:
        """One Discard."""
        return (Discard(),)

    def describe(self) -> str:
        """The command as Sieve spells it."""
        return "discard"


def build(use: Use) -> DiscardIt:
    """The node for one use of `discard`."""
    return DiscardIt()


WORDS = (Word("discard", "action", build),)
