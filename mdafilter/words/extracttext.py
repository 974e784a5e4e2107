"""extracttext: the text of the part that a loop stands at, as a variable (RFC 5703 section 7).

    extracttext [MODIFIER ...] [":first" <number>] <varname: string>

    foreverypart { if header :mime :contenttype "Content-Type" "text/plain" { extracttext :first 100 "msg"; break; } }

The text is without its transfer encoding and in UTF-8, with CRLF at its line ends, as a string of the script has them.
The modifiers are those of `set` (variables.py), applied to the first so many characters.

Of HTML it is what a reader sees (markup.py), as the body test has it, and as other engines do.

In:    the part; a multipart has no text, and a message/rfc822 none but that of the parts in it.
Out:   the Scene's variable, cut to what one holds. "If the transfer encoding or character set is unrecognized
       by the implementation or recognized but invalid, an empty string will result." Octets without a charset are
       read as UTF-8, and else as Latin-1.
Fails: when compiled: outside of a foreverypart ("SHOULD be flagged as a compilation error"); without "variables".
       RuleFailed past limits.VARIABLES.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.encoded import exact_text, raw_text
from mdafilter.message.transfer import ENCODED
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.markup import plain
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word
from mdafilter.words.variables import MODIFIER_TAGS, modified, modifiers_of, name_of

if TYPE_CHECKING:
    from mdafilter.message import Part
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use

HTML = ("text/html", "application/xhtml+xml")
IDENTITY = ("", "7bit", "8bit", "binary")  # RFC 2045 section 6.2


class ExtractText(Value):
    """The variable `name` becomes the text of the part, or its first so many characters."""

    name: str
    modifiers: tuple[str, ...] = ()
    first: int | None = None

    def assign(self, scene: Scene) -> None:
        text = "" if scene.part is None else text_in(scene.part)
        scene.set(self.name, modified(text if self.first is None else text[: self.first], self.modifiers))

    def describe(self) -> str:
        first = [] if self.first is None else [f":first {self.first}"]
        return " ".join(["extracttext", *self.modifiers, *first, quoted(self.name)])


def text_in(part: Part) -> str:
    """The text of a part, "" for what has none; at most limits.PART_DECODE octets of it."""
    if part.is_container or part.encoding not in (*IDENTITY, *ENCODED):
        return ""
    data = part.decoded()
    charset = part.parameter("charset")
    text = raw_text(data) if not charset else exact_text(data, charset, cut=len(data) >= limits.PART_DECODE)
    if text and part.type in HTML:
        text = plain(text).lstrip()
    return (text or "").replace("\r\n", "\n").replace("\n", "\r\n")


def build(use: Use) -> ExtractText:
    if use.loop_label(None) is None:
        use.error("extracttext outside of a loop", "RFC 5703 section 7: it stands in a foreverypart { ... }")
    if not use.requires("variables"):
        use.error('`extracttext` needs the extension "variables"', 'require "variables";')
    return ExtractText(name_of(use, 0), modifiers_of(use), use.tag_number(":first"))


WORDS = (
    Word(
        "extracttext",
        "assignment",
        build,
        ("string",),
        tags=(*MODIFIER_TAGS, Tag(":first", argument="number")),
        requires=("extracttext",),
    ),
)
