"""enclose: the message as an attachment of a new one (RFC 5703 section 6).

    enclose [:subject <string>] [:headers <names: string-list>] <text: string>

    enclose :subject "Warning" :headers ["From", "Date"] "The message that is attached may be harmful.";

The new message is a multipart/mixed of two parts: the text, and the message, as it was, as message/rfc822. It is what
later tests see and what is kept or filed; a redirect sends the old one: enclose "does not affect messages that are
forwarded via a "redirect" action". A second enclose encloses again.

The header of the new message: the fields that :headers names, taken from the old one; the subject of :subject, or else
of the old one; From the user and Date of now, where :headers does not name them; To the user; a new Message-ID.

Fails: TryAgain where there is no room for the new message.
"""

from __future__ import annotations

from _blake2 import blake2b

from mdafilter import letter
from mdafilter.errors import TryAgain
from mdafilter.message import Field, Headers
from mdafilter.message.splice import enclosed, is_ascii, joined
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import entity
from mdafilter.words.parts import stand
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.message import Message
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use

NOT_COPIED = ("mime-version", "content-")  # of the old structure


class Enclose(Value):
    """A message around the message."""

    text: Text
    subject: Text | None = None
    names: Texts = ()

    def rewrite(self, scene: Scene) -> Message:
        message, newline = scene.message, scene.message.newline
        text = joined(*entity.of_text(scene.expand(self.text), newline), newline)
        boundary = _boundary(message, text)
        encoding = []  # RFC 2046 section 5.2.1: a message/rfc822 is "7bit", which need not be said, "8bit" or "binary"
        if not (is_ascii(message.octets) and message.headers.raw().isascii()):
            encoding.append(Field.make("Content-Transfer-Encoding", "8bit", newline))
        mime = [
            Field.make("MIME-Version", "1.0", newline),
            Field.make("Content-Type", f'multipart/mixed; boundary="{boundary}"', newline),
        ]
        line = f"--{boundary}".encode()
        inner = Headers([Field.make("Content-Type", "message/rfc822", newline), *encoding])
        before = joined(Headers([*self._header(scene), *mime, *encoding]), b"", newline)
        before += line + newline + text + newline + line + newline + joined(inner, b"", newline)
        ended = b"\r\n" if message.octets.slice(len(message.octets) - 1, len(message.octets)) == b"\r" else newline
        try:
            made = enclosed(message, before, ended + line + b"--" + newline)
        except OSError as failed:
            raise TryAgain(f"no room for an enclosed message: {failed.strerror}") from failed
        scene.bare = scene.bare or message
        stand(scene, made, "2.1")
        return made

    def _header(self, scene: Scene) -> list[Field]:
        """The header of the new message, without its MIME fields."""
        old, newline, now = scene.message.headers, scene.message.newline, scene.world.now()
        copied = [field for name in self.names for field in old.all(scene.expand(name).strip())]
        fields = list(dict.fromkeys(f for f in copied if f.name and not f.key.startswith(NOT_COPIED)))
        if self.subject is not None:
            fields = [field for field in fields if field.key != "subject"]
            fields.append(letter.field("Subject", scene.expand(self.subject), newline))
        there = {field.key for field in fields}
        if "subject" not in there:
            fields += old.all("subject")[:1]
        user = scene.world.option("user_email") or scene.envelope.recipient or scene.envelope.user
        host = user.rpartition("@")[2]
        made = {
            "From": user,
            "To": user,
            "Date": letter.date(now),
            "Message-ID": letter.message_id(f"{scene.message.mark}", now, host),
        }
        return fields + [
            letter.field(name, value, newline) for name, value in made.items() if name.lower() not in there
        ]

    def describe(self) -> str:
        words = ["enclose"]
        if self.subject is not None:
            words.append(f":subject {quoted(self.subject)}")
        if self.names:
            words.append(f":headers {listed(self.names)}")
        return " ".join([*words, quoted(self.text)])


def _boundary(message: Message, text: bytes) -> str:
    """One that stands nowhere in the message."""
    number = 0
    while True:
        digest = blake2b(repr((message.mark, text, number)).encode(), digest_size=12).hexdigest()
        boundary = f"=_{digest}"
        octets = message.octets
        if octets.find(b"--" + boundary.encode(), 0, len(octets)) < 0 and boundary.encode() not in text:
            return boundary
        number += 1


def build(use: Use) -> Enclose:
    return Enclose(use.text(0), use.tag_text(":subject"), use.tag_texts(":headers") or ())


WORDS = (
    Word(
        "enclose",
        "change",
        build,
        ("string",),
        tags=(Tag(":subject", argument="string"), Tag(":headers", argument="strings")),
        requires=("enclose",),
    ),
)
