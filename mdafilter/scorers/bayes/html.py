"""HTML -> what tells spam from ham in it: the text that is shown, the text that is not, the tags, the links.

Comments and inline tags leave nothing behind, because spam cuts words with them ("v<!-- x -->ia<b></b>gra"); other
tags part words. What stands in <script> and <style> is left out. Text is hidden where the style of an element around
it says display:none, visibility:hidden or a size of nothing, up to the end tag of that element.

    <p style="font-size:0">now <a href="http://example.org/">   shown ""  hidden "now "  links http://example.org/
                                                                marks p, a, style:font-size, hidden

In:    any string.
Out:   Page: shown and hidden text, the links, the marks (names of tags, attributes and styles, each once).
Fails: never. The time is linear in the length: a tag ends before the next "<", if no ">" comes first.
Bugs:  an attribute with "<" in its value ends the tag; a style sheet is not applied.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import markup

if TYPE_CHECKING:
    import re

_PATTERNS: list[re.Pattern[str]] = []  # compiled when the first page is read


class Page(Value):
    """What an HTML document says, and how."""

    shown: str
    hidden: str
    links: tuple[str, ...]
    marks: tuple[str, ...]


def _patterns() -> list[re.Pattern[str]]:
    if not _PATTERNS:
        import re

        _PATTERNS[:] = [
            re.compile(text, re.IGNORECASE)
            for text in (
                r"<(/?[a-z!?][^<>]*)>?",
                r"<(?=(?:script|style)\b)",
                r"</(?:script|style)\b",
                r"\b(?:href|src|action|background)\s{0,9}=\s{0,9}[\"']?\s{0,9}([^\s\"'<>]{1,2000})",
                r"\b([a-z-]{2,20})\s{0,9}=",
                r"\b(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|font-size\s{0,9}:\s{0,9}[01](?:px|pt|em|%)?\s{0,9}(?:[;\"'!]|$))",
            )
        ]
    return _PATTERNS


def page(html: str) -> Page:
    """Reads the document."""
    tag, script, script_end, link, attribute, invisible = _patterns()
    first, *others = html.split("<!--")
    html = first + "".join([piece.partition("-->")[2] for piece in others])
    first, *others = script.split(html)
    if others:
        html = first + " " + " ".join([[*script_end.split(piece, 1), ""][1].partition(">")[2] for piece in others])
    pieces = tag.split(html)
    shown: list[str] = [pieces[0]]
    hidden: list[str] = []
    links: list[str] = []
    marks: dict[str, None] = {}
    within, depth = "", 0  # the element whose text is hidden, and how many of its name are open
    for inside, text in zip(pieces[1::2], pieces[2::2], strict=True):
        name = _name(inside)
        if not inside.startswith("/"):
            marks[name] = None
            if "=" in inside:
                links += link.findall(inside)
                marks.update(dict.fromkeys([f"{name} {one.lower()}" for one in attribute.findall(inside)]))
                if not within and invisible.search(inside):
                    within = name
                    marks["hidden"] = None
            depth += bool(within) and name == within
        elif within and name == within:
            depth -= 1
            if depth <= 0:
                within, depth = "", 0
        out = hidden if within else shown
        if name not in markup.INLINE:
            out.append(" ")
        out.append(text)
    return Page(
        markup.references("".join(shown)),
        markup.references("".join(hidden)),
        tuple(map(markup.references, links)),
        tuple(marks),
    )


def _name(inside: str) -> str:
    """The name of a tag in lower case, without its slash."""
    head = inside[:16].lstrip("/").lower()
    for end, c in enumerate(head):
        if not c.isalnum():
            return head[:end] or head[:1]
    return head
