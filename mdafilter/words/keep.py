"""`keep`: into the inbox (RFC 5228 section 4.3).

    keep

Does explicitly what the implicit keep would do, so that it still happens when another action cancels that. `:flags`
is imap4flags.py's.

Out:   Keep. Fails: never.
"""

from __future__ import annotations

from mdafilter.acts import Keep
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.flags import flags
from mdafilter.words.strings import listed
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


class KeepIt(Value):
    """The wish: keep the message."""

    flags: Texts | None = None  # None: the flags that are set when the rule runs

    def acts(self, scene: Scene) -> tuple[Keep, ...]:
        """One Keep."""
        return (Keep(flags(scene, self.flags)),)

    def describe(self) -> str:
        """The command as Sieve spells it."""
        return "keep" if self.flags is None else f"keep :flags {listed(self.flags)}"


def build(use: Use) -> KeepIt:
    """The node for one use of `keep`."""
    return KeepIt(use.tag_texts(":flags"))


WORDS = (Word("keep", "action", build),)
