"""`size`: how large the message is (RFC 5228 section 5.9).

    size <":over" / ":under"> <limit: number>

    size :over 500K

"Note that for a message that is exactly 4,000 octets, the message is neither ":over" nor ":under" 4000 octets."

In:    the octets of the message as it stands, with the line ends that it came with. Fails: never.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use


class Size(Value):
    """The question: is the message larger (`over`) or smaller than `limit` octets?"""

    limit: int
    over: bool

    def ask(self, scene: Scene) -> Answer:
        """Compares; does not read the message."""
        size = scene.message.size
        held = size > self.limit if self.over else size < self.limit
        return Answer(held, (str(size),), f"size {size}" if held else "")

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"size {':over' if self.over else ':under'} {self.limit}"


def build(use: Use) -> Size:
    """The node for one use of `size`; "Exactly one of ":over" or ":under" must be specified"."""
    if not use.group("size"):
        use.error("size needs :over or :under", "write: size :over 100K")
    return Size(use.number(0), use.group("size") != ":under")


WORDS = (
    Word(
        "size",
        "test",
        build,
        arguments=("number",),
        tags=(Tag(":over", group="size"), Tag(":under", group="size")),
    ),
)
