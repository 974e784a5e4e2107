"""POSIX extended regular expressions in Python's spelling (POSIX.2 section 9.4; draft-murchison-sieve-regex section 3).

    .  [ ]  [^ ]  \\c      one character; inside brackets [:class:] [=c=] [.c.]
    * + ? {n} {n,} {n,m}   repetition           |  ( )  ^  $

Back references are errors: the draft says that they "are not supported by this extension". What the C library of
Linux takes beyond POSIX (\\w \\s \\b \\< \\>) is taken too, with a warning, and so is a backslash before an ordinary
character, which then means that character (`\\d` is the letter d).

Where draft.gnu is set, back references mean what they should, \\` and \\' are the beginning and the end of the text, a
) without a ( is a character, a { is none, and a backslash before a small letter that means nothing finds nothing where
case is ignored: so does the C library, which folds the text and not that letter.

`translate` fills a Draft. Fails: PatternError with the offset of the mistake.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.matching.patterns import PatternError
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.matching.patterns import Draft

SPECIAL = frozenset(".[]\\()*+?{}|^$/")
CLASSES = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
BEYOND_POSIX = {
    "w": "\\w",
    "W": "\\W",
    "s": "\\s",
    "S": "\\S",
    "b": "\\b",
    "B": "\\B",
    "<": "(?:\\b(?=\\w))",
    ">": "(?:\\b(?<=\\w))",
}
GNU_ANCHORS = {"`": "\\A", "'": "\\Z"}
ANCHORS = frozenset("bB<>`'")  # of these


def translate(pattern: str, draft: Draft, newline: bool) -> None:
    """The whole pattern."""
    at = 0
    while at < len(pattern):
        match pattern[at]:
            case "(":
                draft.open(at)
            case ")" if draft.gnu and not draft.depth:
                draft.atom("\\)", at)
            case ")":
                draft.close(at)
            case "|":
                draft.mark("|", at)
            case "*" | "+" | "?" as sign:
                draft.repeat(sign, at)
            case "{" if draft.gnu or pattern[at + 1 : at + 2].isdecimal() or pattern[at + 1 : at + 2] == ",":
                text, end = interval(pattern, at, draft.gnu)
                draft.repeat(text, at)
                at = end
                continue
            case "^":
                draft.atom("^" if newline else "\\A", at)
            case "$":
                draft.atom("$" if newline else "\\Z", at)
            case ".":
                draft.atom(".", at)
            case "[":
                text, end = bracket(pattern, at, newline)
                draft.atom(text, at)
                at = end
                continue
            case "\\":
                draft.atom(escape(pattern, at, draft), at)
                at += 1
            case c:
                draft.atom(literal(c), at)
        at += 1


def literal(c: str) -> str:
    """One character that stands for itself."""
    return c if c.isalnum() or c in " \"'%,/:;<=>@_`!" or ord(c) > 127 else "\\" + c


def escape(pattern: str, at: int, draft: Draft) -> str:
    """A backslash and a character that need no look at what is around them."""
    c = pattern[at + 1 : at + 2]
    if not c:
        raise PatternError("a backslash at the end", at)
    if c in SPECIAL:
        return literal(c)
    if "0" <= c <= "9":
        if not draft.gnu or c == "0":
            raise PatternError(f"back references like \\{c} are not supported", at)
        return f"(?:\\{c})"
    if c in BEYOND_POSIX:
        draft.warnings.append((f"\\{c} is not in POSIX regular expressions", at))
        return BEYOND_POSIX[c]
    if draft.gnu and c in GNU_ANCHORS:
        return GNU_ANCHORS[c]
    if c.isalpha():
        return _letter(c, at, draft)
    return literal(c)


def _letter(c: str, at: int, draft: Draft) -> str:
    """A backslash and a letter that means nothing."""
    if draft.gnu and draft.ignore_case and "a" <= c <= "z":
        draft.warnings.append((f"\\{c} finds nothing: it is no class of characters", at))
        return "(?!)"
    draft.warnings.append((f"\\{c} means the letter {c}, and no class of characters", at))
    return literal(c)


def interval(pattern: str, at: int, gnu: bool) -> tuple[str, int]:
    """{n}, {n,}, {,m} or {n,m} at `at`, {,} for GNU, and the offset behind it."""
    end = pattern.find("}", at)
    least, comma, most = pattern[at + 1 : end].partition(",")
    if gnu and pattern.startswith("{,}", at):
        return "*", end + 1
    if end < 0 or not (least + most).isdecimal() or not (least + most).isascii():
        raise PatternError("an interval is written {2}, {2,} or {2,5}", at)
    numbers = [int(text) for text in (least, most) if 0 < len(text) < 10]
    if len(numbers) != bool(least) + bool(most) or max(numbers) > limits.REGEX_REPEAT:
        raise PatternError(f"an interval repeats more than {limits.REGEX_REPEAT} times", at)
    if least and most and int(least) > int(most):
        raise PatternError("the first number of an interval is larger than the second", at)
    return "{" + (least or "0") + comma + most + "}", end + 1


def bracket(pattern: str, start: int, newline: bool) -> tuple[str, int]:
    """A bracket expression at `start`, and the offset behind it. A backslash in it stands for itself."""
    at = start + 1
    negated = pattern.startswith("^", at)
    at += negated
    out = ["[^\\n" if negated and newline else "[^" if negated else "["]
    first = at
    while not (pattern.startswith("]", at) and at > first):
        if at >= len(pattern):
            raise PatternError("a [ without a ]", start)
        if pattern.startswith("[:", at):
            name, at = _named(pattern, at, ":]")
            if name not in CLASSES:
                raise PatternError(f"no class of characters: [:{name}:]", at)
            out.append(CLASSES[name])
            continue
        low, end = _member(pattern, at)
        if pattern.startswith("-", end) and not pattern.startswith("-]", end) and end + 1 < len(pattern):
            high, end = _member(pattern, end + 1)
            if low > high:
                raise PatternError(f"the range {low}-{high} ends before it begins", at)
            out.append(f"{in_set(low)}-{in_set(high)}")
        else:
            out.append(in_set(low))
        at = end
    return "".join(out) + "]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """One character of a bracket expression, [.c.] and [=c=] too, and the offset behind it."""
    for opening, closing in (("[.", ".]"), ("[=", "=]")):
        if pattern.startswith(opening, at):
            name, end = _named(pattern, at, closing)
            if len(name) != 1:
                raise PatternError(f"no single character: {opening}{name}{closing}", at)
            return name, end
    return pattern[at], at + 1


def _named(pattern: str, at: int, closing: str) -> tuple[str, int]:
    end = pattern.find(closing, at + 2)
    if end < 0:
        raise PatternError(f"a {pattern[at : at + 2]} without a {closing}", at)
    return pattern[at + 2 : end], end + 2


def in_set(c: str) -> str:
    """One character inside of Python's brackets."""
    return "\\" + c if c in "\\]^-[&~|" else c
