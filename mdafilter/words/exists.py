"""`exists`: whether header fields are there (RFC 5228 section 5.5).

    exists <header-names: string-list>

    not exists ["From", "Date"]

"All of the headers must exist or the test is false." With `:mime`, a field in any of the parts is enough (mime.py).

Out:   an Answer that saw the names of those that are there. Fails: never.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.fields import Mime, fields, mime_of
from mdafilter.words.names import check_headers
from mdafilter.words.strings import clipped, listed
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


class Exists(Value):
    """The question: is there a field of each of the names?"""

    names: Texts
    mime: Mime | None = None

    def ask(self, scene: Scene) -> Answer:
        """Looks for one name after the other until one is missing."""
        saw: list[str] = []
        for name in self.names:
            field = next(fields(scene, (name,), self.mime), None)
            if field is None:
                return Answer(False, tuple(saw))
            saw.append(clipped(field.name))
        return Answer(True, tuple(saw), clipped(f"there is {', '.join(saw)}"))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        mime = "" if self.mime is None else self.mime.describe() + " "
        return f"exists {mime}{listed(self.names)}"


def build(use: Use) -> Exists:
    """The node for one use of `exists`."""
    names = use.texts(0)
    check_headers(use, names, 0)
    return Exists(names, mime_of(use))


WORDS = (Word("exists", "test", build, arguments=("strings",)),)
