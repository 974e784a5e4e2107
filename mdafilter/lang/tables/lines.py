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

BLANKS = " \t\r\v\f"
FIRST_BLANK = ("the line begins with a blank, and goes on with no line before it", "remove the blank")
NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")  # what may follow a $


class Parts(Value):
    """/pattern/flags result, as they stand; `word` is "if", or "endif", which has none of them."""

    pattern: str = ""
    flags: str = ""
    result: str = ""
    negated: bool = False
    word: str = ""


def logical_lines(text: str) -> list[Line]:
    """All logical lines of a table. One that begins with a blank goes on with nothing, and is no line for Postfix."""
    found: list[tuple[int, list[str]]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        start = raw.lstrip(BLANKS)
        if not start or start.startswith("#"):
            continue
        piece = raw.removesuffix("\r")
        if piece[0] in BLANKS and found:
            found[-1][1].append(piece)
        else:
            found.append((number, [piece]))
    return [Line(number, "".join(pieces).rstrip(BLANKS)) for number, pieces in found]


def split(line: Line, problems: Problems) -> Parts | None:
    """The parts of a line; None after an error. The delimiter may be any sign; a backslash keeps it in the pattern."""
    if line.text[0] in BLANKS:
        problems.error(line, *FIRST_BLANK)
        return None
    word = _word(line.text)
    text = line.text[len(word) :].lstrip(BLANKS)
    if word == "endif":
        if text:
            what = f'"{text[:40]}" behind endif means nothing'
            problems.warn(line, what, "write it on a line of its own", at=line.text.find(text))
        return Parts(word=word)
    bare = text.lstrip(f"!{BLANKS}") if text.startswith("!") else text
    negated, text = bool(text[: len(text) - len(bare)].count("!") % 2), bare
    delimiter = text[:1]
    if not delimiter or delimiter.isalnum() or delimiter == "\\":
        hint = "written: if /PATTERN/" if word else "written: /PATTERN/ ACTION, as in: /^Subject: x/ DISCARD"
        problems.error(line, f"{'if is followed by' if word else 'a line begins with'} a /pattern/", hint)
        return None
    end = _closing(text, delimiter)
    if end < 0:
        hint = f"a {delimiter} within the pattern has a backslash before it"
        problems.error(line, f"the pattern has no {delimiter} at its end", hint, at=len(line.text))
        return None
    flags, result = cut(text[end + 1 :])
    if word and result:
        what = f'"{result[:40]}" behind if means nothing'
        problems.warn(line, what, "write it on a line of its own", at=line.text.find(result))
    return Parts(text[1:end], flags, result, negated, word)


def cut(text: str) -> tuple[str, str]:
    """What stands before the first blank, and what stands behind the blanks."""
    at = next((at for at, c in enumerate(text) if c in BLANKS), len(text))
    return text[:at], text[at:].lstrip(BLANKS)


def _word(text: str) -> str:
    """The "if" or "endif" that the text begins with, or ""."""
    words = ("if", "endif")
    return next((w for w in words if text.lower().startswith(w) and not text[len(w) : len(w) + 1].isalnum()), "")


def template(text: str, groups: int) -> tuple[Text, str]:
    """The text of an action with the groups of its pattern, which has so many; and what is wrong with it, or "".

    $1, ${1} or $(1) is a group, $$ is one $ (regexp_table(5), TEXT SUBSTITUTION). Where anything else begins with a $,
    Postfix passes over the line.
    """
    parts: list[str | Var] = []
    plain: list[str] = []
    fault, at = "", 0
    while at < len(text):
        number, end = _group(text, at)
        if number is None:
            plain.append(text[at])
        elif not number:
            fault = fault or f'"{text[at:end][:40]}" in the text is no group like $1 or ${{1}}; $$ is one $'
        elif not 0 < int(number) <= groups:
            fault = fault or f"${int(number)} in the text, but the pattern has {groups or 'no'} groups"
        else:
            parts += ["".join(plain), Var(str(int(number)))]
            plain = []
        at = end
    parts.append("".join(plain))
    return Template(tuple(part for part in parts if part != "")) if len(parts) > 1 else "".join(plain), fault


def _group(text: str, at: int) -> tuple[str | None, int]:
    """The number of a group at `at`, "" where it is wrong, None where there is none; and the offset behind it."""
    if text[at] != "$" or text.startswith("$$", at):
        return None, at + 1 + (text[at] == "$")
    closing = {"{": "}", "(": ")"}.get(text[at + 1 : at + 2], "")
    start = end = at + 1 + len(closing)
    while text[end : end + 1] in NAME:
        end += 1
    number = text[start:end]
    if not number.isdecimal() or len(number) > 9 or (closing and not text.startswith(closing, end)):
        return "", end
    return number, end + len(closing)


def _closing(text: str, delimiter: str) -> int:
    at = 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == delimiter:
            return at
        at += 1
    return -1
