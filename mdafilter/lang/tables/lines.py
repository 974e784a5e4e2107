"""The logical lines of a Postfix table, and their parts (regexp_table(5)).

"A logical line starts with non-whitespace text. A line that starts with whitespace continues a logical line." Empty
lines and lines whose first character that is no blank is a # are passed over.

cidr_table(5) has the same lines, with a network in the place of the pattern.
"""

from __future__ import annotations

from mdafilter.lang.problems import Line
from mdafilter.texts import Template, Var
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.lang.problems import Problems
    from mdafilter.texts import Text


class Parts(Value):
    """/pattern/flags result, as they stand; `word` is "if", or "endif", which has none of them."""

    pattern: str = ""
    flags: str = ""
    result: str = ""
    negated: bool = False
    word: str = ""


def logical_lines(text: str) -> list[Line]:
    """All logical lines of a table."""
    found: list[tuple[int, list[str]]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        piece = raw.rstrip("\r \t")
        if not piece or piece.lstrip(" \t").startswith("#"):
            continue
        if piece[0] in " \t" and found:
            found[-1][1].append(piece)
        else:
            found.append((number, [piece]))
    return [Line(number, "".join(pieces)) for number, pieces in found]


def split(line: Line, problems: Problems) -> Parts | None:
    """The parts of a line; None after an error. The delimiter may be any sign; a backslash keeps it in the pattern."""
    text = line.text.lstrip(" \t")
    word = _word(text)
    text = text[len(word) :].lstrip(" \t")
    if word == "endif":
        if text:
            problems.warn(line, f'"{text[:40]}" behind endif means nothing', at=line.text.find(text))
        return Parts(word=word)
    negated = text.startswith("!")
    text = text[1:].lstrip(" \t") if negated else text
    delimiter = text[:1]
    if not delimiter or delimiter.isalnum() or delimiter == "\\":
        problems.error(line, f"{'if is followed by' if word else 'a line begins with'} a /pattern/")
        return None
    end = _closing(text, delimiter)
    if end < 0:
        problems.error(line, f"the pattern has no {delimiter} at its end", at=len(line.text))
        return None
    flags = text[end + 1 :].split(None, 1)[0] if text[end + 1 : end + 2].strip(" \t") else ""
    result = text[end + 1 + len(flags) :].lstrip(" \t")
    if word and result:
        problems.warn(line, f'"{result[:40]}" behind if means nothing', at=line.text.find(result))
    return Parts(text[1:end], flags, result, negated, word)


def _word(text: str) -> str:
    """The "if" or "endif" that the text begins with, or ""."""
    words = ("if", "endif")
    return next((w for w in words if text.lower().startswith(w) and not text[len(w) : len(w) + 1].isalnum()), "")


def template(text: str) -> Text:
    """The text of an action with the groups of its pattern: $1, ${1} or $(1); $$ is one $ (regexp_table(5))."""
    parts: list[str | Var] = [""]
    at = 0
    while at < len(text):
        number, end = _group(text, at)
        if number:
            parts += [Var(number), ""]
        else:
            end = at + 1 + text.startswith("$$", at)
            parts[-1] = str(parts[-1]) + text[at]
        at = end
    return Template(tuple(part for part in parts if part != "")) if len(parts) > 1 else str(parts[0])


def _group(text: str, at: int) -> tuple[str, int]:
    """The number of a group at `at`, and the offset behind it; "" where there is none."""
    if text[at] != "$":
        return "", at
    closing = {"{": "}", "(": ")"}.get(text[at + 1 : at + 2], "")
    start = end = at + 1 + len(closing)
    while "0" <= text[end : end + 1] <= "9" and end - start < 2:
        end += 1
    if end == start or (closing and not text.startswith(closing, end)):
        return "", at
    return str(int(text[start:end])), end + len(closing)


def _closing(text: str, delimiter: str) -> int:
    at = 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == delimiter:
            return at
        at += 1
    return -1
