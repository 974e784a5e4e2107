"""The header fields that a test looks at: those of the message, or of its MIME parts where `:mime` says so.

`header`, `address`, `exists` and `date` all choose their fields here; what changes the choice is a node of its own:
`:mime` of RFC 5703, `:index` of RFC 5260.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.message import Field, Headers
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


MIME_TAGS = (":mime", ":anychild", ":type", ":subtype", ":contenttype", ":param")


class Mime(Protocol):
    """What `:mime` and the tags around it change (words/mime.py; RFC 5703 section 4)."""

    def headers(self, scene: Scene) -> Iterable[Headers]:
        """The headers to look at: of `scene.part` inside a loop, with :anychild of all parts below it too."""
        ...

    def values(self, scene: Scene, field: Field) -> Iterable[str]:
        """What is compared of a field: all of it, or what :type, :subtype, :contenttype or :param take from it."""
        ...

    def describe(self) -> str:
        """The tags as Sieve spells them."""
        ...


class Index(Protocol):
    """What `:index` and `:last` change (words/index.py; RFC 5260 section 6)."""

    def choose(self, fields: Iterable[Field]) -> Iterator[Field]:
        """The one field of all these."""
        ...

    def describe(self) -> str:
        """The tags as Sieve spells them."""
        ...


def mime_of(use: Use) -> Mime | None:
    """The node for `:mime` on this command, or None where it does not stand there."""
    if not any(use.has(tag) for tag in MIME_TAGS):
        return None
    from mdafilter.words import mime  # only scripts that say :mime pay for it

    node: Mime | None = mime.mime_of(use)
    return node


def index_of(use: Use) -> Index | None:
    """The node for `:index` on this command, or None where it does not stand there."""
    if not (use.has(":index") or use.has(":last")):
        return None
    from mdafilter.words import index

    node: Index | None = index.index_of(use)
    return node


def fields(scene: Scene, names: Texts, mime: Mime | None = None, index: Index | None = None) -> Iterator[Field]:
    """The fields of these names: in the order of the names, each name's in the order of the header."""
    found = _fields(scene, names, mime)
    return found if index is None else index.choose(found)


def _fields(scene: Scene, names: Texts, mime: Mime | None) -> Iterator[Field]:
    sources = [scene.message.headers] if mime is None else list(mime.headers(scene))
    for name in names:
        wanted = scene.expand(name)
        for headers in sources:
            yield from headers.all(wanted)
