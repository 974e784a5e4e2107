"""foreverypart, break, :mime: the parts of a message, one by one and by their MIME headers (RFC 5703).

    foreverypart [:name <string>] { ... }
    break [:name <string>]
    header   :mime [:anychild] [:type | :subtype | :contenttype | :param <names: string-list>] ...
    address  :mime [:anychild] ...
    exists   :mime [:anychild] ...

    foreverypart {
        if header :mime :contenttype "Content-Type" "text/html" { addheader "X-Has-HTML" "yes"; break; }
    }

A loop visits every part, the message itself first, then its parts depth first. A loop within a loop visits the parts
inside the one that the outer loop stands at, and where there are none it is not run (section 3).

`:mime` looks at the header of the part that the loop stands at, or of the message outside of loops; `:anychild` at the
headers of all parts inside it as well (section 4). Without `:mime` a test looks at the message's own header, in a
loop too. What is compared of a field:

                      Content-Type        Content-Disposition     any other
    :type             the type: "text"    the disposition         ""
    :subtype          "plain"             ""                      ""
    :contenttype      "text/plain"        the disposition         ""
    :param            the values of the named parameters, decoded (RFC 2231), each for itself
    none of these     the whole value, decoded (RFC 2047)

Out:   Loop, Stop, and the node `Mime` that header, address and exists choose their fields by (fields.py).
Fails: when compiled: break outside of a loop, or for a name that no loop around it has; :anychild, :type and their like
       without :mime; more than limits.LOOPS loops, each within the other. A hostile message has at most
       limits.MIME_PARTS parts.
"""

from __future__ import annotations

from mdafilter.message.parameters import Parameters
from mdafilter.plan import Loop, Stop
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.parts import REPLACED, after, here, tree
from mdafilter.words.strings import BLANKS, listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Field, Headers, Part
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use

OPTIONS = (":type", ":subtype", ":contenttype", ":param")


class Parts(Value):
    """What foreverypart goes through. `label` is the loop's name, for people."""

    label: str = ""

    def each(self, scene: Scene) -> Iterator[Part]:
        """The parts, one after the other. A part that was replaced meanwhile is left as a whole (replace.py)."""
        loops = len(scene.parts)
        part = scene.message.parts[0] if scene.part is None else next(iter(scene.part.children), None)
        while part is not None:
            yield part
            part = scene.parts[loops]
            outermost = scene.parts[loops - 1].depth + 1 if loops else 0
            part = after(part, outermost, inside=scene.looked.get(REPLACED) is not part)

    def describe(self) -> str:
        return f"foreverypart :name {quoted(self.label)}" if self.label else "foreverypart"


class Mime(Value):
    """`:mime` and the tags around it. `option` is one of OPTIONS or ""; `params` are the names of :param."""

    anychild: bool = False
    option: str = ""
    params: Texts = ()

    def headers(self, scene: Scene) -> Iterator[Headers]:
        """The header of the part, with :anychild those of all parts in it. The message's is as edited."""
        for part in tree(scene) if self.anychild else (here(scene),):
            yield part.headers if part.parent else scene.message.headers

    def values(self, scene: Scene, field: Field) -> Iterator[str]:
        """What is compared of a field, by the table above."""
        match self.option:
            case "":
                yield field.text.strip(BLANKS)
            case ":param":
                for name in self.params:
                    value = Parameters(field.body).get(scene.expand(name).lower())
                    if value is not None:
                        yield value
            case _:
                yield self._name(field)

    def _name(self, field: Field) -> str:
        """:type, :subtype and :contenttype; what has no type or disposition is "uses a blank string for the test"."""
        if field.key not in ("content-type", "content-disposition"):
            return ""
        name = Parameters(field.body).value
        if field.key == "content-disposition":
            return "" if self.option == ":subtype" else name
        kind, slash, subtype = (piece.strip() for piece in name.partition("/"))  # blanks and comments may be around it
        return {":type": kind, ":subtype": subtype, ":contenttype": kind + slash + subtype}[self.option]

    def describe(self) -> str:
        words = [":mime", ":anychild"] if self.anychild else [":mime"]
        if self.option:
            words.append(self.option)
        if self.params:
            words.append(listed(self.params))
        return " ".join(words)


def mime_of(use: Use) -> Mime | None:
    """The node for the tags on this command, or None where there are none."""
    option = use.group("mime-option")
    if not use.has(":mime"):
        for tag in (":anychild", option):
            if tag and use.has(tag):
                use.error(f"{tag} without :mime", "RFC 5703 section 4: it is an option of :mime", tag=tag)
        return None
    return Mime(use.has(":anychild"), option, use.tag_texts(":param") or ())


def build_loop(use: Use) -> Loop:
    label = _label(use) or ""
    return Loop(Parts(label), use.block, label, use.at)


def build_break(use: Use) -> Stop:
    name = _label(use)
    label = use.loop_label(name)
    if label is None:
        if name is None:
            use.error("break outside of a loop", "it ends a foreverypart { ... } of the same script")
        else:
            hint = f"write: foreverypart :name {quoted(name)} {{ ... }}"
            use.error(f"no loop around this break is named {quoted(name)}", hint, tag=":name")
    return Stop("loop", label or "", use.at)


def _label(use: Use) -> str | None:
    """The name of :name, which must be constant: the loop that a break leaves is known before the script runs."""
    name = use.tag_text(":name")
    if name is None or isinstance(name, str):
        return name
    use.error("the name of a loop must be constant", "write it without ${...}", tag=":name")
    return None


NAME = Tag(":name", argument="string")
EVERYWHERE = ("header", "address", "exists")

WORDS = (
    Word("foreverypart", "step", build_loop, tags=(NAME,), requires=("foreverypart",), block=True, loop=True),
    Word("break", "step", build_break, tags=(NAME,), requires=("foreverypart",)),
)
TAGS = (
    Tag(":mime", on=EVERYWHERE, requires=("mime",)),
    Tag(":anychild", on=EVERYWHERE, requires=("mime",)),
    *(Tag(name, on=("header",), requires=("mime",), group="mime-option") for name in OPTIONS[:3]),
    Tag(":param", on=("header",), argument="strings", requires=("mime",), group="mime-option"),
)
