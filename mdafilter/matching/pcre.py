"""Perl-compatible patterns of Postfix pcre tables in Python's spelling.

Python's own language is nearly the same, so the pattern passes through. What differs is translated (`\\z`, `\\Z`,
`\\h`, `\\R`, `\\e`, `\\x{41}`, `\\Q...\\E`, `(?<name>...)`, `[[:alpha:]]`) or refused by name (`\\K`, `\\G`,
recursion, verbs), so that no pattern means something else than in Postfix.

`translate` fills a Draft. Fails: PatternError with the offset of the mistake; the rest of the mistakes are found when
Python compiles the pattern.
"""

from __future__ import annotations

from mdafilter.matching.patterns import PatternError
from mdafilter.matching.posix import CLASSES, in_set, literal
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.matching.patterns import Draft

ESCAPES = {
    "z": "\\Z",
    "Z": "(?=\\n?\\Z)",
    "h": "[ \\t]",
    "H": "[^ \\t]",
    "R": "(?:\\r\\n|[\\n\\x0b\\f\\r])",
    "N": "[^\\n]",
    "e": "\\x1b",
    "v": "[\\n\\x0b\\f\\r]",
    "V": "[^\\n\\x0b\\f\\r]",
}
REFUSED = {"K": "resetting the match", "G": "the last match's end", "X": "grapheme clusters", "C": "single octets"}
REFUSED |= {
    "p": "Unicode properties",
    "P": "Unicode properties",
    "k": "named back references",
    "g": "references by \\g",
}
GROUPS = (":", "=", "!", "<=", "<!", ">", "#", "P<", "P=", "(")  # what may follow "(?" as it stands
LETTERS = "imsx-:^"  # inline flags


def translate(pattern: str, draft: Draft, newline: bool) -> None:
    """The whole pattern. `newline` is Python's MULTILINE, which the caller sets."""
    at = 0
    while at < len(pattern):
        c = pattern[at]
        if c == "\\":
            text, end = _escape(pattern, at)
        elif c == "[":
            text, end = _bracket(pattern, at)
        elif pattern.startswith("(?", at):
            text, end = _group(pattern, at)
        elif pattern.startswith("(*", at):
            raise PatternError("verbs like (*SKIP) are not supported", at)
        elif c == "$" and "E" in draft.options and not newline:  # pcre_table(5): "ignored if ... MULTILINE"
            text, end = "\\Z", at + 1
        elif c in "*+?" or (c == "{" and _interval(pattern, at)):
            text, end = _repetition(pattern, at, "U" in draft.options)
        elif c == "{":  # Python knows {,2} as well, PCRE does not
            text, end = "\\{", at + 1
        else:
            text, end = c, at + 1
        draft.mark(text, at)
        at = end


def _interval(pattern: str, at: int) -> int:
    """The offset behind a repetition {n}, {n,} or {n,m}; 0 where the { is a character."""
    end = pattern.find("}", at, at + 16) + 1
    least, comma, most = pattern[at + 1 : max(end - 1, at + 1)].partition(",")
    digits = least.isdecimal() and (most.isdecimal() or not most) and (least + most).isascii()
    return end if digits and (comma or not most) else 0


def _repetition(pattern: str, at: int, ungreedy: bool) -> tuple[str, int]:
    """A repetition with the ? or + behind it. `ungreedy` turns the meaning of the ? round (flag U)."""
    end = (_interval(pattern, at) if pattern[at] == "{" else 0) or at + 1
    text, behind = pattern[at:end], pattern[end : end + 1]
    if behind == "+":
        return text + "+", end + 1
    lazy = (behind == "?") != ungreedy
    return text + "?" * lazy, end + (behind == "?")


def _escape(pattern: str, at: int) -> tuple[str, int]:
    c = pattern[at + 1 : at + 2]
    if not c:
        raise PatternError("a backslash at the end", at)
    if c in REFUSED:
        raise PatternError(f"\\{c} ({REFUSED[c]}) is not supported", at)
    if c == "Q":
        end = pattern.find("\\E", at)
        quoted = pattern[at + 2 : end if end >= 0 else None]
        return "".join(map(literal, quoted)), end + 2 if end >= 0 else len(pattern)
    if c == "E":
        return "", at + 2
    if c == "x":
        return _hexadecimal(pattern, at)
    return ESCAPES.get(c, "\\" + c), at + 2


def _hexadecimal(pattern: str, at: int) -> tuple[str, int]:
    """\\x41 or \\x{1F600}."""
    digits = pattern[at + 2 : at + 4]
    end = at + 4
    if digits.startswith("{"):
        end = pattern.find("}", at) + 1
        digits = pattern[at + 3 : end - 1]
    try:
        return f"\\U{chr(int(digits, 16)).encode('utf-32-be').hex()}", end
    except (ValueError, OverflowError, UnicodeEncodeError):
        raise PatternError("a character is written \\x41 or \\x{1F600}", at) from None


def _bracket(pattern: str, start: int) -> tuple[str, int]:
    """A class of characters: backslash escapes work in it, and [:name:]."""
    at = start + 1
    negated = pattern.startswith("^", at)
    at += negated
    out = ["[^" if negated else "["]
    first = at
    while not (pattern.startswith("]", at) and at > first):
        if at >= len(pattern):
            raise PatternError("a [ without a ]", start)
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) >= 0:
            text, at = _class(pattern[at + 2 : end], at), end + 2
        elif pattern[at] == "\\":
            text, at = _escape_in_set(pattern, at)
        else:
            text, at = pattern[at] if pattern[at] == "-" else in_set(pattern[at]), at + 1
        out.append(text)
    return "".join(out) + "]", at + 1


def _class(name: str, at: int) -> str:
    if name == "word":
        return "\\w"
    if name not in CLASSES:
        raise PatternError(f"no class of characters: [:{name}:]", at)
    return CLASSES[name]


def _escape_in_set(pattern: str, at: int) -> tuple[str, int]:
    match pattern[at + 1 : at + 2]:
        case "x":
            return _hexadecimal(pattern, at)
        case "h":
            return " \\t", at + 2
        case "e":
            return "\\x1b", at + 2
        case "Q" | "E" | "N" | "R" | "H" | "p" | "P" | "" as c:
            raise PatternError(f"\\{c} is not supported inside of brackets", at)
        case c:
            return "\\" + c, at + 2


def _group(pattern: str, at: int) -> tuple[str, int]:
    """What begins with "(?"."""
    rest = pattern[at + 2 : at + 4]
    if rest.startswith("<") and rest[1:] not in ("=", "!"):
        return "(?P<", at + 3
    if rest.startswith("'"):
        end = pattern.find("'", at + 3)
        return f"(?P<{pattern[at + 3 : end]}>", max(end, at + 2) + 1
    if rest.startswith(GROUPS):
        return "(?", at + 2
    end = at + 2
    while pattern[end : end + 1] and pattern[end] in LETTERS:
        end += 1
        if pattern[end - 1] == ":":
            return pattern[at:end], end
    if pattern[end : end + 1] == ")" and at == 0:
        return pattern[at : end + 1], end + 1
    if pattern[end : end + 1] == ")":
        raise PatternError("flags like (?i) can stand only at the beginning", at)
    raise PatternError(f"(?{rest[:1]} is not supported", at)
