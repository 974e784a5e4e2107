"""body: looks for text in the body of the message (RFC 5173).

    body [MATCH-TYPE] [COMPARATOR] [:raw | :content <types: string-list> | :text] <keys: string-list>

    body :contains "MAKE MONEY FAST"
    body :content "text/html" :contains "<form"
    body :raw :contains "Content-Type: application/x-msdownload"

    :text      the text of the text parts, each for itself, HTML without its tags (the default)
    :content   the parts of these types, each for itself, without transfer encoding, text as Unicode: "text/plain" is
               that type, "text" every text/*, "" everything. Of a multipart what stands before its first and behind its
               last part, of a message/rfc822 the header of the message in it (section 5.2)
    :raw       the whole body as one string, nothing decoded (section 5.1)

A message that ends within its header has no body, and nothing matches, not even "" (section 4).

Out:   the strings are long: they have CRLF at their line ends, however the message came, and the default match type :is
       compares all of one. Wildcards set no match values: "they MUST NOT set match variables" (section 6).
Fails: RuleStalled, as every match. Of one part, and of the whole for :raw, limits.PART_DECODE octets are looked at, and
       of a message that has more parts, limits.BODY_DECODE in all.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.encoded import raw_text
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.markup import plain
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.strings import clipped, listed
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.decision import Answer
    from mdafilter.message import Message, Part
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use


XHTML = "application/xhtml+xml"  # RFC 3236: text as well, whatever its type says


class Body(Value):
    """Does any string of the body match? `transform` is "text", "content" (of `types`) or "raw"."""

    match: Match
    transform: str = "text"
    types: Texts = ()

    def ask(self, scene: Scene) -> Answer:
        matched = scene.matched
        at: Part | None = None

        def values() -> Iterator[str]:
            nonlocal at
            for part, text in self._strings(scene):
                at = part
                yield text.replace("\r\n", "\n").replace("\n", "\r\n")

        answer = self.match.test(scene, values())
        scene.matched = matched
        where = "" if at is None else f" in part {at.path or '0'} ({at.type})"
        return answer.replace(by=clipped(self.describe() + where)) if answer.held else answer

    def _strings(self, scene: Scene) -> Iterator[tuple[Part | None, str]]:
        """What is compared, one by one, and the part it is of."""
        message = scene.message
        if not _has_body(message):
            return
        if self.transform == "raw":
            yield None, _raw(message)
            return
        wanted = [scene.expand(name).lower() for name in self.types]
        for part, limit in _rationed(message.parts):
            if self.transform == "content":
                if any(is_of_type(part.type, name) for name in wanted):
                    yield from ((part, text) for text in _content(part, limit))
            elif part.type.startswith(("text/", XHTML)) and not part.is_container:
                text = part.text(limit)
                yield part, plain(text) if part.type in ("text/html", XHTML) else text

    def describe(self) -> str:
        types = f" {listed(self.types)}" if self.transform == "content" else ""
        return f"body :{self.transform}{types} {self.match.describe()}"


def _has_body(message: Message) -> bool:
    """Whether there is an empty line after the header."""
    if message.body < len(message.octets):
        return True
    end = message.octets.slice(max(0, message.body - 3), message.body)
    return end.endswith((b"\n\n", b"\n\r\n")) or end in (b"\n", b"\r\n")


def _raw(message: Message) -> str:
    end = min(len(message.octets), message.body + limits.PART_DECODE)
    return raw_text(message.octets.slice(message.body, end))


def _rationed(parts: Sequence[Part]) -> Iterator[tuple[Part, int]]:
    """The parts, each with the octets that may be decoded of it, as long as there are any left for the message."""
    left = limits.BODY_DECODE
    for part in parts:
        yield part, min(left, limits.PART_DECODE)
        if not part.is_container:
            left -= min(part.end - part.body, limits.PART_DECODE)
        if left <= 0:
            return


def is_of_type(kind: str, wanted: str) -> bool:
    """Whether the type "text/plain" is what :content names; both in lower case (section 5.2)."""
    if wanted == "":
        return True
    if wanted.startswith("/") or wanted.endswith("/") or wanted.count("/") > 1:
        return False
    return kind == wanted if "/" in wanted else kind.partition("/")[0] == wanted


def _content(part: Part, limit: int) -> Iterator[str]:
    """The strings of one part: one, or for a multipart the prologue and the epilogue."""
    if part.is_enclosing:
        yield raw_text(part.children[0].headers.raw()[:limit]) if part.children else ""
    elif part.is_container:
        yield raw_text(_prologue(part)[:limit])
        yield raw_text(_epilogue(part)[:limit])
    elif part.type.startswith("text/"):
        yield part.text(limit)
    else:
        yield raw_text(part.decoded(limit))


def _prologue(part: Part) -> bytes:
    """What stands before the first boundary line; the line end before that line belongs to it (RFC 2046 5.1.1)."""
    if not part.children:
        return part.decoded()
    first = part.children[0]
    start = part.body if first.octets is part.octets else 0  # else the parts are in what was decoded of it
    before = first.octets.slice(start, min(first.start, start + limits.PART_DECODE))
    return before.rstrip(b"\r\n").rpartition(b"\n")[0].removesuffix(b"\r")


def _epilogue(part: Part) -> bytes:
    """What stands behind the closing boundary line."""
    if not part.children:
        return b""
    last = part.children[-1]
    end = part.end if last.octets is part.octets else len(last.octets)
    behind = last.octets.slice(last.end, min(end, last.end + limits.PART_DECODE))
    return behind.lstrip(b"\r\n").partition(b"\n")[2]


def build(use: Use) -> Body:
    transform = (use.group("transform") or ":text")[1:]
    return Body(match_of(use, 0), transform, use.tag_texts(":content") or ())


TRANSFORMS = (
    Tag(":raw", group="transform"),
    Tag(":content", argument="strings", group="transform"),
    Tag(":text", group="transform"),
)

WORDS = (Word("body", "test", build, ("strings",), tags=(*MATCH_TAGS, *TRANSFORMS), requires=("body",)),)
