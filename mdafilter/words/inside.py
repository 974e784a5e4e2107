"""What words see of the inside of attachments: each is looked into once, and only as far as a rule asks.

An attachment is a part that is no text, or has a name; and a file that stands in a text (archives/inline.py). Nothing
of archives/ is imported for a message without any. What was found is kept in the Scene, and so is the Budget: all rules
together look into the archives of a message once, and pay once.

In:    a Scene; inside `foreverypart` only the part that the loop stands at, and the parts in it
Out:   Entries and Facts (archives/__init__.py)
Fails: TryAgain where the disk is full.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.words.parts import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.archives import Entry, Fact, Found, Member
    from mdafilter.archives.budget import Budget
    from mdafilter.message import Message, Part, Reading
    from mdafilter.plan import Scene


class _Nothing:
    """Whether a message has neither attachments nor names of any. It holds message and part: the answer is theirs."""

    def __init__(self, message: Message, part: Part | None, nothing: bool) -> None:
        self.message = message
        self.part = part
        self.nothing = nothing


def nothing(scene: Scene) -> bool:
    """Whether there is no attachment, and no name of one, as in most messages: found out once for all rules."""
    known = scene.looked.get("nothing")
    if not isinstance(known, _Nothing) or known.message is not scene.message or known.part is not scene.part:
        there = any(part.readings() or _attached(scene, part) for part in tree(scene))
        scene.looked["nothing"] = known = _Nothing(scene.message, scene.part, not there)
    return known.nothing


def found(scene: Scene) -> Iterator[Found]:
    """All that is in the attachments, attachment after attachment."""
    for listing in _listings(scene):
        yield from listing


def entries(scene: Scene, *, deep: bool = True) -> Iterator[Entry]:
    """The attachments and (if `deep`) the files in them. Of an attachment itself only the beginning is read."""
    for listing in _listings(scene):
        from mdafilter.archives import Entry

        for one in listing:
            if isinstance(one, Entry):
                yield one
            if not deep:
                break


def names_in_texts(scene: Scene) -> Iterator[Reading]:
    """All readings of the names of the files that stand in texts."""
    for part in tree(scene):
        for member in () if part.is_attachment else _attached(scene, part):
            from mdafilter.message.names import collected

            yield from collected(member.names)


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


def _listings(scene: Scene) -> Iterator[Listing]:
    for part in tree(scene):
        for number, member in enumerate(_attached(scene, part)):
            yield _listing(scene, part, number, member)


def _listing(scene: Scene, part: Part, number: int, member: Member) -> Listing:
    key = (*_key(part), number)
    known = scene.looked.get(key)
    if isinstance(known, Listing):
        return known
    from mdafilter.archives.walk import look

    made = Listing(part, look(member, _budget(scene)), scene.notes)
    scene.looked[key] = made
    return made


def _key(part: Part) -> tuple[int, int, int]:
    """What a part is known by: one whose message got another header is another object."""
    return id(part.octets), part.body, part.end


class _Attached:
    """The files that a part is, or that stand in it. It holds the part: the key lasts."""

    def __init__(self, part: Part, members: tuple[Member, ...]) -> None:
        self.part = part
        self.members = members


def _attached(scene: Scene, part: Part) -> tuple[Member, ...]:
    if part.is_container:
        return ()
    known = scene.looked.get(_key(part))
    if not isinstance(known, _Attached):
        members: tuple[Member, ...] = ()
        if part.is_attachment or _may_have_files(part):
            from mdafilter.archives.mail import attached

            members = tuple(attached(part))
        scene.looked[_key(part)] = known = _Attached(part, members)
    return known.members


def _may_have_files(part: Part) -> bool:
    """Whether the text has a word that such a file begins with: most have none, and are not looked at any further."""
    from mdafilter.message.transfer import ENCODED

    if part.encoding in ENCODED:
        return b"begin " in part.decoded()
    return part.octets.find(b"begin ", part.body, part.end) >= 0


def _budget(scene: Scene) -> Budget:
    """The one budget of the message."""
    from mdafilter.archives.budget import Budget

    known = scene.looked.get("archives")
    if isinstance(known, Budget):
        return known
    scene.looked["archives"] = made = Budget()
    return made
