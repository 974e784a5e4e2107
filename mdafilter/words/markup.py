"""HTML -> the text in it, well enough to look for words (RFC 5173 section 5.3: "MAY strip mark-up").

Tags and comments go, and what stands in <script> and <style>. Inline tags leave nothing behind, because spam cuts
words with them ("v<b></b>iagra"); the others end a line. Character references become what they stand for.

In:    any string. Out: text; a tag, comment or script that is never closed takes all that follows, as in a browser.
Fails: never. The time is linear in the length: nothing is looked for twice over the same stretch.
"""

from __future__ import annotations

INLINE = frozenset("a abbr b bdo big cite code em font i q s small span strike strong sub sup tt u wbr".split())
HIDDEN = ("script", "style")
REFERENCES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
LONGEST_REFERENCE = 10  # "&#x10ffff;"
LONGEST_TAG_NAME = 12


def plain(html: str) -> str:
    """The text of an HTML document."""
    # bytes.lower() knows only A-Z, so every place is the same in both; str.lower() makes two characters of "\u0130".
    low = html.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    out: list[str] = []
    at, size = 0, len(html)
    while at < size:
        start = html.find("<", at)
        if start < 0:
            out.append(html[at:])
            break
        out.append(html[at:start])
        at, left = _behind(low, start)
        out.append(left)
    return references("".join(out))


def _behind(low: str, start: int) -> tuple[int, str]:
    """Where the text goes on after the "<" at `start`, and what is left in its place."""
    if low.startswith("<!--", start):
        return _after("-->", low, start + 4), ""
    first = low[start + 1 : start + 2]
    if not ("a" <= first <= "z" or first in ("/", "!", "?")):
        return start + 1, "<"  # "1 < 2" is no tag
    name = _name(low, start + 1)
    end = _after(">", low, start + 1)
    if name in HIDDEN:
        end = _after(">", low, _after(f"</{name}", low, end))
    return end, "" if name.removeprefix("/") in INLINE else "\r\n"


def _after(needle: str, text: str, start: int) -> int:
    found = text.find(needle, start)
    return len(text) if found < 0 else found + len(needle)


def _name(low: str, start: int) -> str:
    head = low[start : start + LONGEST_TAG_NAME]
    end = 1
    while end < len(head) and head[end].isalnum():
        end += 1
    return head[:end]


def references(text: str) -> str:
    """The text with its character references (&lt; &#65; &#x41;) replaced; those not known stay."""
    first, *others = text.split("&")
    out = [first]
    for piece in others:
        name, semicolon, rest = piece[:LONGEST_REFERENCE].partition(";")
        character = _character(name) if semicolon else ""
        out.append(character + rest + piece[LONGEST_REFERENCE:] if character else "&" + piece)
    return "".join(out)


def _character(name: str) -> str:
    if not name.startswith("#"):
        return REFERENCES.get(name, "")
    digits, base = (name[2:], 16) if name[1:2] in ("x", "X") else (name[1:], 10)
    try:
        return chr(int(digits, base))
    except (ValueError, OverflowError):  # no number, or no character: the reference stays as it stands
        return ""
