"""ihave, error: asks whether an extension is there; gives a script up with a message (RFC 5463).

    if ihave "regex" { ... } else { ... }
    error "This script needs what this system has not.";

`ihave` is answered when the script is compiled: the extensions of this program do not change while it runs. What may be
used after it, and in which block, is checked by the Sieve front end (section 4, points 1 and 2).

In:    a constant list of capabilities; all must be there.
Out:   `ihave` never holds for "variables" and "encoded-character" (section 4: extensions "that change how the content
       of Sieve scripts are interpreted"), except where the script has required them anyway (point 3).
Fails: `error` ends the script at run time by RuleFailed: what it had decided is dropped and the message is kept
       (RFC 5228 section 2.10.6). A capability that is not constant is a compile error.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import CAPABILITIES
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

CHANGES_THE_LANGUAGE = frozenset(("variables", "encoded-character"))


class Have(Value):
    """Are all of `names` there? `missing` are those that are not, as found when the script was compiled."""

    names: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def ask(self, scene: Scene) -> Answer:
        if self.missing:
            return Answer(False, (f"not there: {', '.join(self.missing)}",))
        return Answer(True, self.names, self.describe())

    def describe(self) -> str:
        return f"ihave {listed(self.names)}"


class Error(Value):
    """Gives the script up."""

    message: Text

    def acts(self, scene: Scene) -> Sequence[Act]:
        raise RuleFailed(scene.expand(self.message).strip())

    def describe(self) -> str:
        return f"error {quoted(self.message)}"


def build_ihave(use: Use) -> Have:
    names = [name for name in use.texts(0) if isinstance(name, str)]
    if len(names) < len(use.texts(0)):
        use.error(
            "the capabilities of ihave must be constant", "write them without ${...} (RFC 5463 section 4)", argument=0
        )
    return Have(tuple(names), tuple(name for name in names if not _is_there(use, name)))


def _is_there(use: Use, name: str) -> bool:
    return use.requires(name) or (name in CAPABILITIES and name not in CHANGES_THE_LANGUAGE)


def build_error(use: Use) -> Error:
    return Error(use.text(0))


WORDS = (
    Word("ihave", "test", build_ihave, ("strings",), requires=("ihave",)),
    Word("error", "action", build_error, ("string",), requires=("ihave",)),
)
