"""What was decided is taken back: of several REDIRECTs only the last one counts (header_checks(5)). No word of Sieve.

A REJECT or DISCARD of a table means the whole message, whatever the lines before it wanted.
"""

from __future__ import annotations

from mdafilter.acts import Redirect
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.decision import Decided
    from mdafilter.plan import Scene


class Forget(Value):
    """Drops what rules of this file have decided: all of it, or only where it is redirected to."""

    file: str
    redirects: bool = False

    def assign(self, scene: Scene) -> None:
        """Drops it."""
        scene.decided[:] = [decided for decided in scene.decided if not self._is_meant(decided)]

    def _is_meant(self, decided: Decided) -> bool:
        if decided.at is None or decided.at.file != self.file:
            return False
        return not self.redirects or (isinstance(decided.act, Redirect) and not decided.act.copy)

    def describe(self) -> str:
        return "take back where it was redirected" if self.redirects else "take back what was decided"


WORDS = ()
