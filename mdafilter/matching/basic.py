"""POSIX basic regular expressions in Python's spelling (POSIX.2 section 9.3): what regexp_table(5) calls flag x off.

    .  [ ]  [^ ]  \\c      one character, as in posix.py
    *  \\{n\\} \\{n,m\\}     repetition; a * where there is nothing to repeat is that character
    \\( \\)                a group
    ^  $                  anchors at the beginning and the end of the pattern, a group or an alternative

The GNU C library also has \\| \\+ \\? and what posix.py tells of draft.gnu, and so has this. The characters ( ) { } |
+ ? stand for themselves.

`translate` fills a Draft. Fails: PatternError with the offset of the mistake.
"""

from __future__ import annotations

from mdafilter.matching.patterns import PatternError
from mdafilter.matching.posix import ANCHORS, bracket, escape, interval, literal
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.matching.patterns import Draft


def translate(pattern: str, draft: Draft, newline: bool) -> None:
    """The whole pattern."""
    at, first = 0, True  # first: a group, an alternative or the pattern begins here
    anchored = False  # an anchor stood there: a repetition behind it is a character too
    while at < len(pattern):
        start, was_first, was_anchored, first, anchored = at, first, anchored, False, False
        match pattern[at]:
            case "*" if not was_first and not was_anchored:
                draft.repeat("*", at)
            case "^" if was_first:
                draft.atom("^" if newline else "\\A", at)
                anchored = True
            case "$" if at + 1 == len(pattern) or pattern.startswith(("\\)", "\\|"), at + 1):
                draft.atom("$" if newline else "\\Z", at)
            case ".":
                draft.atom(".", at)
            case "[":
                text, at = bracket(pattern, at, newline)
                draft.atom(text, start)
                continue
            case "\\":
                anchored = pattern[at + 1 : at + 2] in ANCHORS
                at, first = _escape(pattern, at, draft, was_first or was_anchored)
                continue
            case c:
                draft.atom(literal(c), at)
        at += 1


def _escape(pattern: str, at: int, draft: Draft, was_first: bool) -> tuple[int, bool]:
    """What a backslash means: the offset behind it, and whether a group or alternative begins there."""
    c = pattern[at + 1 : at + 2]
    match c:
        case "":
            raise PatternError("a backslash at the end", at)
        case "(":
            draft.open(at)
            return at + 2, True
        case ")":
            draft.close(at)
        case "|":
            draft.mark("|", at)
            return at + 2, True
        case "+" | "?" if not was_first:
            draft.repeat(c, at)
        case "{":
            end = pattern.find("\\}", at)
            if end < 0:
                raise PatternError("a \\{ without a \\}", at)
            text, _ = interval("{" + pattern[at + 2 : end] + "}", 0, draft.gnu)
            draft.repeat(text, at)
            return end + 2, False
        case _:
            draft.atom(escape(pattern, at, draft), at)
    return at + 2, False
