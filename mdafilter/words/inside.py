"""What words see of the inside of attachments: each is looked into once, and only as far as a rule asks.

Nothing of archives/ is imported for a message without attachments. What was found is kept in the Scene, and so is the
Budget: all rules together look into the archives of a message once, and pay once.

In:    a Scene; inside `foreverypart` only the part that the loop stands at, and the parts in it
Out:   Entries and Facts (archives/__init__.py)
Fails: TryAgain where the disk is full.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.words.parts import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives import Entry, Fact, Found
    from mdafilter.archives.budget import Budget
    from mdafilter.message import Part
    from mdafilter.plan import Scene


def found(scene: Scene) -> Iterator[Found]:
    """All that is in the attachments, attachment after attachment."""
    for part in tree(scene):
        if part.is_attachment:
            yield from _listing(scene, part)


def entries(scene: Scene, *, deep: bool = True) -> Iterator[Entry]:
    """The attachments and (if `deep`) the files in them. Of an attachment itself only the beginning is read."""
    for part in tree(scene):
        if part.is_attachment:
            listing = _listing(scene, part)
            from mdafilter.archives import Entry

            for one in listing:
                if isinstance(one, Entry):
                    yield one
                if not deep:
                    break


def facts(scene: Scene) -> Iterator[Fact]:
    """What is to be known of the archives."""
    for one in found(scene):
        from mdafilter.archives import Fact

        if isinstance(one, Fact):
            yield one


class Listing:
    """What was found in one attachment so far, and the walk that finds more. It holds its part: the key lasts."""

    def __init__(self, part: Part, walk: Iterator[Found], notes: list[str]) -> None:
        self.part = part
        self._walk = walk
        self._notes = notes
        self._seen: list[Found] = []

    def __iter__(self) -> Iterator[Found]:
        at = 0
        while True:
            while at < len(self._seen):
                yield self._seen[at]
                at += 1
            one = next(self._walk, None)
            if one is None:
                return
            self._seen.append(one)
            text = getattr(one, "text", "")
            if text.endswith("is not installed"):
                self._notes.append(f"{one.path} was not opened: {text}")


def _listing(scene: Scene, part: Part) -> Listing:
    key = (id(part.octets), part.body, part.end)  # a part whose message got another header is another object
    known = scene.looked.get(key)
    if isinstance(known, Listing):
        return known
    from mdafilter.archives.mail import member_of
    from mdafilter.archives.walk import look

    made = Listing(part, look(member_of(part), _budget(scene)), scene.notes)
    scene.looked[key] = made
    return made


def _budget(scene: Scene) -> Budget:
    """The one budget of the message."""
    from mdafilter.archives.budget import Budget

    known = scene.looked.get("archives")
    if isinstance(known, Budget):
        return known
    scene.looked["archives"] = made = Budget()
    return made
