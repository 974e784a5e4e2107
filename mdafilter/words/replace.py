"""replace: a part of the message, or the message, with another content (RFC 5703 section 5).

    replace [:mime] [:subject <string>] [:from <string>] <replacement: string>

    foreverypart {
        if header :mime :param "filename" :matches ["Content-Type", "Content-Disposition"] "*.com" {
            replace "The attachment was removed by a rule.";
        }
    }

In a loop it is the part that the loop stands at, with all that is in it: the loop goes on behind it. Outside of loops,
or where the loop stands at the message itself, it is the whole message: its fields stay, but for those of MIME.

    :mime      the replacement is a MIME entity, with its header (entity.py says which); without, it is text/plain
    :subject   of a message that is replaced as a whole: its subject. The old one becomes Original-Subject
    :from      likewise: From, and Original-From

What is decided afterwards takes the new message, and so does the implicit keep; tests look at it.

Fails: when compiled: :mime with :subject or :from ("This SHOULD be flagged as a compilation error"), an address or an
       entity that is none. RuleFailed for those in variables, past limits.REPLACES, and where the part stands in an
       encoded message that is too large. TryAgain where there is no room for the new message.
Bugs:  a multipart that a script writes with octets over 127 in it does not make the parts around it "8bit".
"""

from __future__ import annotations

from mdafilter import letter, limits
from mdafilter.errors import RuleFailed, TryAgain
from mdafilter.message import Field, Headers, Message
from mdafilter.message.splice import joined, with_part
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import entity
from mdafilter.words.names import ADDRESS_HINT, addresses_fault
from mdafilter.words.parts import REPLACED, here, stand
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Replace(Value):
    """Another content for the part that the loop stands at, or for the message."""

    content: Text
    mime: bool = False
    subject: Text | None = None
    sender: Text | None = None

    def rewrite(self, scene: Scene) -> Message:
        content = scene.expand(self.content)
        if self.mime and (wrong := entity.fault(content)):
            raise RuleFailed(f"replace :mime: {wrong}")
        headers, body = (entity.of_mime if self.mime else entity.of_text)(content, scene.message.newline)
        self._count(scene)
        try:
            message = _part(scene, headers, body) if here(scene).path else self._whole(scene, headers, body)
        except OSError as failed:
            raise TryAgain(f"no room for a message with another part: {failed.strerror}") from failed
        stand(scene, message)
        if scene.parts:
            scene.looked[REPLACED] = scene.parts[-1]
        return message

    def _count(self, scene: Scene) -> None:
        done = scene.looked.get("replaces", 0)
        assert isinstance(done, int)
        if done >= limits.REPLACES:
            raise RuleFailed(f"more than {limits.REPLACES} parts are replaced")
        scene.looked["replaces"] = done + 1

    def _whole(self, scene: Scene, headers: Headers, body: bytes) -> Message:
        """As a whole: "Implementations MUST preserve all other header fields from the original message"."""
        newline = scene.message.newline
        kept = [field for field in scene.message.headers if not field.key.startswith("content-")]
        if not self.mime:
            if self.subject is not None:
                kept = _renamed(kept, "Subject", scene.expand(self.subject), newline)
            if self.sender is not None:
                sender = scene.expand(self.sender)
                if wrong := addresses_fault(sender):
                    raise RuleFailed(f"replace :from: {wrong}")
                kept = _renamed(kept, "From", _addresses(sender), newline)
        if not any(field.key == "mime-version" for field in kept):
            kept.append(Field.make("MIME-Version", "1.0", newline))
        mime = [field for field in headers if field.key.startswith("content-")]
        return Message.parse(joined(Headers([*kept, *mime]), body if body.endswith(b"\n") else body + newline, newline))

    def describe(self) -> str:
        words = ["replace :mime" if self.mime else "replace"]
        tags = ((":subject", self.subject), (":from", self.sender))
        words += [f"{tag} {quoted(text)}" for tag, text in tags if text is not None]
        return " ".join([*words, quoted(self.content)])


def _part(scene: Scene, headers: Headers, body: bytes) -> Message:
    message = scene.message
    part = message.part(scene.parts[-1].path)
    if part is None:
        raise RuleFailed("replace: the part is there no longer")
    if part.parent is not None and part.parent.is_enclosing:  # the header of the message in it stays, as of any message
        headers = Headers([*(f for f in part.headers if f.name and not f.key.startswith("content-")), *headers])
    octets = joined(headers, body, message.newline)
    entity.check_boundaries(octets, part)
    made = with_part(message, part, octets)
    if made is None:
        raise RuleFailed(f"replace: the part stands in an encoded message of more than {limits.PART_DECODE} octets")
    return made


def _renamed(fields: list[Field], name: str, value: str, newline: bytes) -> list[Field]:
    """With this value; "implementations MUST preserve any previous Subject header as an Original-Subject header"."""
    old = [i for i, field in enumerate(fields) if field.key == name.lower()]
    kept = [_original(field) if i in old else field for i, field in enumerate(fields)]
    at = old[0] if old else len(kept)
    return [*kept[:at], letter.field(name, value, newline), *kept[at:]]


def _addresses(text: str) -> str:
    """A mailbox-list as a field can have it: only names are encoded (RFC 2047 section 5)."""
    from mdafilter.letter import spelled
    from mdafilter.message.addresses import parse

    return ", ".join(spelled(address) for address in parse(text))


def _original(field: Field) -> Field:
    name = f"Original-{field.name}"
    return Field(name, name.encode() + b":" + field.raw.partition(b":")[2])


def build(use: Use) -> Replace:
    content, subject, sender = use.text(0), use.tag_text(":subject"), use.tag_text(":from")
    mime = use.has(":mime")
    for tag in (":subject", ":from"):
        if mime and use.has(tag):
            use.error(
                f":mime and {tag} exclude each other",
                "RFC 5703 section 5: the entity has all of its header itself",
                tag=tag,
            )
    if isinstance(sender, str) and (wrong := addresses_fault(sender)):
        use.error(wrong, ADDRESS_HINT, tag=":from")
    if mime and isinstance(content, str) and (wrong := entity.fault(content)):
        use.error(wrong, "RFC 2045 section 2.4: fields, an empty line, a body", argument=0)
    return Replace(content, mime, subject, sender)


WORDS = (
    Word(
        "replace",
        "change",
        build,
        ("string",),
        tags=(Tag(":mime"), Tag(":subject", argument="string"), Tag(":from", argument="string")),
        requires=("replace",),
    ),
)
