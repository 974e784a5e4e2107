"""`duplicate`: whether such a message has come before (RFC 7352).

    duplicate [:handle <string>] [:header <name> / :uniqueid <string>] [:seconds <number>] [:last]

    if duplicate { discard; }
    if duplicate :header "X-Event-ID" :seconds 900 :last { fileinto "Trash"; }

A message is known by its Message-ID, by another field (the first one of the name, decoded), or by what the script
says; whichever it was, the same text is the same entry (section 3.2), unless `:handle` keeps them apart. It is
remembered when the message has come to its place (seen.py), for [sieve] duplicate_default_period, or what `:seconds`
says, at most duplicate_max_period; with `:last` from the last one on, and not from the first.

Older scripts require "vnd.dovecot.duplicate", which is the same, and write `:value` for `:uniqueid`; no script both.

In:    the Scene's World, which knows what was met in earlier deliveries; a retry of this one is no duplicate of it.
Out:   an Answer, the same for the same arguments all through a run (section 3). False without the field, for a name
       that no field can have, with `:seconds 0`, and where what is remembered cannot be read.
Fails: an error at compile time for `:header` beside `:uniqueid`; RuleFailed past limits.REMEMBERED.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer, Remember
from mdafilter.errors import RuleFailed
from mdafilter.sieving import period
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

KIND = "duplicate"
OLDER = "vnd.dovecot.duplicate"


class Duplicate(Value):
    """Was a message with this ID met before? `id` is the ID itself; without it the field `header` has it."""

    header: Text = "message-id"
    id: Text | None = None
    handle: Text | None = None
    seconds: int | None = None
    last: bool = False

    def ask(self, scene: Scene) -> Answer:
        """Looks, and leaves with the Scene what is to be remembered."""
        found = self._id(scene)
        if found is None:
            return Answer(False, (f"there is no {quoted(scene.expand(self.header))}",))
        seconds = self._seconds(scene)
        if not seconds:
            return Answer(False, ("nothing is remembered for 0 seconds",))
        handle = "" if self.handle is None else f":{scene.expand(self.handle)}"
        key = f"{handle}\0{found}"
        met = scene.world.seen(KIND, key)
        if not met or self.last:
            _remember(scene, Remember(KIND, key, scene.world.now() + seconds))
        saw = clipped(found)
        if met is None:
            return Answer(False, (saw, "what was met before cannot be read"))
        return Answer(met, (saw,), f"met before: {saw}" if met else "")

    def _id(self, scene: Scene) -> str | None:
        if self.id is not None:
            return scene.expand(self.id)
        field = scene.message.headers.first(scene.expand(self.header))
        return field.text.strip(" \t\r\n") if field else None

    def _seconds(self, scene: Scene) -> int:
        most = period(scene.world.option("duplicate_max_period")) or 0
        wanted = self.seconds
        if wanted is None:
            wanted = period(scene.world.option("duplicate_default_period")) or 0
        return min(wanted, most) if most else wanted

    def describe(self) -> str:
        """The test as Sieve spells it."""
        handle = "" if self.handle is None else f" :handle {quoted(self.handle)}"
        header = f" :header {quoted(self.header)}" if self.header != "message-id" else ""
        source = header if self.id is None else f" :uniqueid {quoted(self.id)}"
        seconds = "" if self.seconds is None else f" :seconds {self.seconds}"
        return f"duplicate{handle}{source}{seconds}{' :last' * self.last}"


def _remember(scene: Scene, one: Remember) -> None:
    """Each key once: the longest time counts (section 3.3 has no word for two tests that differ in it alone)."""
    for at, other in enumerate(scene.remember):
        if (other.kind, other.key) == (one.kind, one.key):
            scene.remember[at] = max(one, other, key=lambda either: either.until)
            return
    if len(scene.remember) >= limits.REMEMBERED:
        raise RuleFailed(f"more than {limits.REMEMBERED} different IDs are to be remembered")
    scene.remember.append(one)


def build(use: Use) -> Duplicate:
    """The node for one use of `duplicate`."""
    header = use.tag_text(":header")
    return Duplicate(
        "message-id" if header is None else header,
        use.tag_text(":uniqueid") if use.has(":uniqueid") else use.tag_text(":value"),
        use.tag_text(":handle"),
        use.tag_number(":seconds"),
        use.has(":last"),
    )


TAGS_OF_IT = (
    Tag(":handle", argument="string"),
    Tag(":header", argument="string", group="the ID"),
    Tag(":uniqueid", argument="string", group="the ID", requires=("duplicate",)),
    Tag(":value", argument="string", group="the ID", requires=(OLDER,)),
    Tag(":seconds", argument="number"),
    Tag(":last"),
)

WORDS = (Word("duplicate", "test", build, tags=TAGS_OF_IT, requires=("duplicate", OLDER)),)
