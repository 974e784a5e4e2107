"""Which MIME parts a word looks at: those of the message, or of the part that a `foreverypart` stands at."""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Message, Part
    from mdafilter.plan import Scene


REPLACED = "replaced"  # in Scene.looked: the part that a rule has put there, which the loop does not go into


MADE = "made"  # in Scene.looked: the octets that the last rule has written which changed the body


def here(scene: Scene) -> Part:
    """The part that the innermost loop stands at; outside of loops the root, which is the message itself."""
    return scene.message.parts[0] if scene.part is None else scene.part


def stand(scene: Scene, message: Message, before: str = "") -> None:
    """The loops stand at the same places of another message; `before` is the place where all of the old one is now.

    What a rule has made and another one changes again is given up at once: it may be a large file.
    """
    paths = [".".join(filter(None, (before, part.path))) for part in scene.parts]
    scene.parts[:] = [message.part(path) or part for path, part in zip(paths, scene.parts, strict=True)]
    if scene.message.octets is scene.looked.get(MADE):
        scene.message.forget_parts()
    scene.looked[MADE] = message.octets


def below(part: Part) -> Iterator[Part]:
    """All parts inside this one, in the order of the message (depth first), not the part itself."""
    # By hand and not by recursion: a message may nest limits.MIME_DEPTH deep, and generators within generators would
    # hand each part up through every level.
    waiting = list(reversed(part.children))
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(one.children))


def after(part: Part, outermost: int, *, inside: bool = True) -> Part | None:
    """The part behind this one, depth first, that is at least `outermost` deep; `inside`: or the first one in it."""
    if inside and part.children:
        return part.children[0]
    one: Part | None = part
    while one is not None and one.depth >= outermost:
        if one.following is not None:
            return one.following
        one = one.parent
    return None


def tree(scene: Scene) -> Iterator[Part]:
    """The part that the loop stands at, then all inside it; outside of loops all parts of the message."""
    part = here(scene)
    yield part
    yield from below(part)
