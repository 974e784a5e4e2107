"""Single characters and sets of octets as Perl-compatible patterns spell them, in Python's spelling (pcre2pattern(3)).

    \\x41 \\x{41} \\o{101} \\101 \\0 \\cA   one character
    \\h \\v \\R \\N \\C \\X \\e ...          sets and sequences with names of one letter
    \\pL \\p{Lu} \\P{L&} [:^alpha:]        sets by a property: of the characters of ISO 8859-1, which the octets are

In:    the pattern and the offset of the backslash. Out: the spelling, and the offset behind it.
Fails: PatternError.
"""

from __future__ import annotations

from mdafilter.matching.patterns import PatternError
from mdafilter.matching.posix import CLASSES, literal

# letter     spelling; of those in SETS what stands inside of brackets
ESCAPES = {
    "z": "\\Z",
    "Z": "(?=\\n?\\Z)",
    "G": "\\A",
    "K": "",
    "E": "",
    "e": "\\x1b",
    "N": "[^\\n]",
    "C": "(?s:.)",
    "X": "(?>\\r\\n|(?s:.))",
    "R": "(?>\\r\\n|[\\n-\\r\\x85])",
    "h": "[ \\t\\xa0]",
    "H": "[^ \\t\\xa0]",
    "v": "[\\n-\\r\\x85]",
    "V": "[^\\n-\\r\\x85]",
}
SETS = {
    "e": "\\x1b",
    "h": " \\t\\xa0",
    "H": "\\x00-\\x08\\n-\\x1f!-\\x9f\\xa1-\\xff",
    "v": "\\n-\\r\\x85",
    "V": "\\x00-\\t\\x0e-\\x84\\x86-\\xff",
}
HEXADECIMAL, OCTAL = frozenset("0123456789abcdefABCDEF"), frozenset("01234567")
MORE_CLASSES = {"word": "0-9A-Za-z_", "ascii": "\\x00-\\x7f"}  # than POSIX has


def character(pattern: str, at: int) -> tuple[str, int]:
    """One character by its number."""
    kind = pattern[at + 1]
    if kind == "c":
        c = pattern[at + 2 : at + 3].upper()
        if not " " <= c <= "~":
            raise PatternError("\\c is followed by a letter", at)
        return literal(chr(ord(c) ^ 64)), at + 3
    known, base = (HEXADECIMAL, 16) if kind == "x" else (OCTAL, 8)
    if kind in "xo" and pattern.startswith("{", at + 2):
        digits, end = enclosed(pattern, at, at + 2, "{}")
    else:
        start, most = (at + 2, 2) if kind in "xo" else (at + 1, 3)
        end = start
        while end < start + most and pattern[end : end + 1] in known:
            end += 1
        digits = pattern[start:end] or "0" * (kind == "x")
    if not digits or not known.issuperset(digits) or int(digits, base) > 255:
        raise PatternError("a character is written \\x41, \\x{41} or \\o{101}, up to 255", at)
    return f"\\x{int(digits, base):02x}", end


def enclosed(pattern: str, at: int, start: int, *pairs: str) -> tuple[str, int]:
    """A name between two signs, behind the escape that begins at `at`."""
    for pair in pairs:
        end = pattern.find(pair[1], start + 1)
        if pattern.startswith(pair[0], start) and end >= 0:
            return pattern[start + 1 : end], end + 1
    raise PatternError(f"\\{pattern[at + 1]} is followed by a name like {pairs[0][0]}name{pairs[0][1]}", at)


def property_(pattern: str, at: int) -> tuple[str, int]:
    """The octets whose character has a Unicode property; for inside of brackets."""
    if pattern.startswith("{", at + 2):
        name, end = enclosed(pattern, at, at + 2, "{}")
    else:
        name, end = pattern[at + 2 : at + 3], at + 3
    other = (pattern[at + 1] == "P") != name.startswith("^")
    name = name.removeprefix("^")
    import unicodedata

    categories = [unicodedata.category(chr(octet)) for octet in range(256)]
    wanted = {"L&": ("Lu", "Ll", "Lt"), "Any": ("",)}.get(name, (name,))
    found = octets([category.startswith(wanted) != other for category in categories])
    if not name or not found:
        raise PatternError(f"no octet has the Unicode property {name}", at)
    return found, end


def named(name: str, at: int) -> str:
    """[:alpha:], [:^alpha:], [:word:]; for inside of brackets."""
    inside = (CLASSES | MORE_CLASSES).get(name.removeprefix("^"))
    if inside is None:
        raise PatternError(f"no class of characters: [:{name}:]", at)
    if not name.startswith("^"):
        return inside
    import re

    return octets([not re.match(f"[{inside}]", chr(octet)) for octet in range(256)])


def octets(wanted: list[bool]) -> str:
    """Those octets, for inside of brackets."""
    return "".join(f"\\x{octet:02x}" for octet, is_in in enumerate(wanted) if is_in)
