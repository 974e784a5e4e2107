"""Macro strings (RFC 7208 section 7): parsed once, expanded with what is known of the session. No I/O.

In:    "%{ir}.%{v}._spf.%{d2}"
Out:   a Macros; with values for the letters, the name "3.2.0.192.in-addr._spf.example.com"
Fails: MacroError for what the grammar does not have.

The expansion is never longer than asked for: a record of 64 KB of "%{s}" costs what a short one does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

NAME_OCTETS = 253  # of a name that is asked for (RFC 7208 section 7.3)

# The letters of section 7.2; c, r and t are "allowed only in "exp" text".
IN_NAMES = frozenset("slodiphv")
IN_TEXT = IN_NAMES | frozenset("crt")

# macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"; quoted strings of ABNF have no
# case (RFC 5234 section 2.3). Each piece begins where the last one ended, so that the whole is linear.
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7E]+")
_LITERAL_OR_SPACE = re.compile(r"[\x20-\x24\x26-\x7E]+")
_EXPAND = re.compile(r"%(?:([%_-])|\{([A-Za-z])([0-9]*)([rR]?)([.\-+,/_=]*)\})")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}


class MacroError(ValueError):
    """Not a macro string."""


@dataclass(frozen=True, slots=True)
class Expand:
    """One "%{...}"."""

    letter: str
    parts: int = 0  # from the right; 0 is all
    reverse: bool = False
    delimiters: str = "."
    escape: bool = False  # an upper case letter: URL escaped

    def value(self, values: Mapping[str, str]) -> str:
        text = values[self.letter]
        if self.parts or self.reverse or self.delimiters != ".":
            pieces = re.split(f"[{re.escape(self.delimiters)}]", text)
            if self.reverse:
                pieces.reverse()
            text = ".".join(pieces[-self.parts :])
        # "characters not in the "unreserved" set ... MUST be escaped" (RFC 3986): what quote leaves alone.
        return quote(text, safe="", errors="replace") if self.escape else text


Piece: TypeAlias = str | Expand


@dataclass(frozen=True)
class Macros:
    """A macro string: literal text (escapes are done) and expansions."""

    pieces: tuple[Piece, ...]

    @property
    def letters(self) -> frozenset[str]:
        """What it wants to know."""
        return frozenset(p.letter for p in self.pieces if isinstance(p, Expand))

    def name(self, values: Mapping[str, str]) -> str:
        """For a DNS query: without a last dot, and cut at the left.

        "if the expanded domain name exceeds 253 characters ... the left side is truncated to fit, by removing
        successive domain labels (and their following dots)". So only the right end has to be made.
        """
        found: list[str] = []
        length = 0
        for piece in reversed(self.pieces):
            text = piece if isinstance(piece, str) else piece.value(values)
            found.append(text)
            length += len(text)
            if length > NAME_OCTETS + 1:
                break
        name = "".join(reversed(found)).removesuffix(".")
        if len(name) > NAME_OCTETS:
            _, dot, name = name[-NAME_OCTETS - 1 :].partition(".")
            name = name if dot else ""
        return name

    def text(self, values: Mapping[str, str], most: int) -> str:
        """For people: printable ASCII, of `most` characters at most."""
        found: list[str] = []
        length = 0
        for piece in self.pieces:
            text = piece if isinstance(piece, str) else piece.value(values)
            found.append(text)
            length += len(text)
            if length > most:
                break
        return printable("".join(found)[:most])


def printable(text: str) -> str:
    """One line of printable ASCII: what else a stranger's text has is "?"."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def macro_string(text: str, letters: frozenset[str] = IN_NAMES) -> Macros:
    """macro-string = *( macro-expand / macro-literal )"""
    return _parse(text, letters, _LITERAL)[0]


def explain_string(text: str) -> Macros:
    """explain-string = *( macro-string / SP )"""
    return _parse(text, IN_TEXT, _LITERAL_OR_SPACE)[0]


def domain_spec(text: str) -> Macros:
    """domain-spec = macro-string domain-end: the end is a top label after a dot, or an expansion."""
    macros, literal = _parse(text, IN_NAMES, _LITERAL)
    if not macros.pieces:
        raise MacroError("a domain is missing")
    if literal:
        _, dot, top = literal.removesuffix(".").rpartition(".")
        if not dot or not _top_label(top):
            raise MacroError(f"{printable(literal[-60:])!r} is no end of a domain")
    return macros


def _top_label(label: str) -> bool:
    """toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )"""
    if not label or not label.isascii() or not label.replace("-", "0").isalnum():
        return False
    return label[0] != "-" and label[-1] != "-" and not label.isdigit()


def _parse(text: str, letters: frozenset[str], literal: re.Pattern[str]) -> tuple[Macros, str]:
    """And the literal that it ends with; "" is an expansion."""
    pieces: list[Piece] = []
    place, last = 0, ""
    while place < len(text):
        if match := literal.match(text, place):
            last = match[0]
            pieces.append(last)
        elif match := _EXPAND.match(text, place):
            last = ""
            pieces.append(_ESCAPES[match[1]] if match[1] else _expand(match, letters))
        else:
            raise MacroError(f"{printable(text[place : place + 20])!r} is no macro")
        place = match.end()
    return Macros(tuple(pieces)), last


def _expand(match: re.Match[str], letters: frozenset[str]) -> Expand:
    letter, digits, reverse, delimiters = match[2], match[3], match[4], match[5]
    if letter.lower() not in letters:
        raise MacroError(f"%{{{letter}}} has no meaning here")
    number = digits.lstrip("0")
    if digits and not number:
        raise MacroError("%{...0} takes no part at all")  # "the DIGIT ... MUST be nonzero"
    return Expand(
        letter=letter.lower(),
        parts=int(number) if number and len(number) < 5 else 0,  # "more ... than are available": all of them
        reverse=bool(reverse),
        delimiters=delimiters or ".",
        escape=letter.isupper(),
    )
