"""The text of a refusal, by a template as that of default_rbl_reply (postconf(5)).

    $name ${name}       its value
    ${name?text}        the text, where the name has a value; names in it are replaced, too
    ${name:text}        the text, where it has none
    $$                  a dollar sign

In:    a template, the names that it may use; later their values.
Out:   Template: `fill` makes the text.
Fails: TemplateError, with the column, for a template that is none. Filling never fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import TypeAlias

NAMES = (
    *("rbl_code", "rbl_class", "rbl_what", "rbl_domain", "rbl_reason", "url"),
    *("client", "client_address", "client_name", "helo_name", "sender", "recipient"),
)
_DEPTH = 8  # of texts in texts
_LETTERS = frozenset(ascii_letters + digits + "_")


class TemplateError(ValueError):
    """What is wrong, and the column where it is."""

    def __init__(self, text: str, column: int) -> None:
        super().__init__(text)
        self.column = column


@dataclass(frozen=True, slots=True)
class Choice:
    """A name, and what stands for it: itself ("" as `mark`), or a text where it has a value ("?") or has none (":")."""

    name: str
    mark: str = ""
    text: tuple[Piece, ...] = ()


Piece: TypeAlias = str | Choice


@dataclass(frozen=True, slots=True)
class Template:
    """A template that has been read."""

    pieces: tuple[Piece, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text. A name without a value is empty."""
        return _fill(self.pieces, values)


def parse(text: str, names: Collection[str] = NAMES) -> Template:
    """Reads a template. TemplateError."""
    reader = _Reader(text, names)
    pieces = reader.pieces(0)
    return Template(pieces)


def _fill(pieces: tuple[Piece, ...], values: Mapping[str, str]) -> str:
    done = []
    for piece in pieces:
        if isinstance(piece, str):
            done.append(piece)
        elif not piece.mark:
            done.append(values.get(piece.name, ""))
        elif bool(values.get(piece.name)) == (piece.mark == "?"):
            done.append(_fill(piece.text, values))
    return "".join(done)


class _Reader:
    """Goes over the text once; `at` is where it is."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text = text
        self.names = names
        self.at = 0

    def pieces(self, depth: int) -> tuple[Piece, ...]:
        """Up to the end, or up to the "}" of the text that this is."""
        found: list[Piece] = []
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter == "}" and depth:
                break
            if letter == "$":
                found.append(self.choice(depth))
                continue
            end = self.at + 1
            while end < len(self.text) and self.text[end] not in "$}":
                end += 1
            found.append(self.text[self.at : end])
            self.at = end
        return tuple(found)

    def choice(self, depth: int) -> Piece:
        start = self.at
        self.at += 1
        if self.peek() == "$":
            self.at += 1
            return "$"
        if self.peek() != "{":
            return Choice(self.name(start))
        if depth >= _DEPTH:
            raise TemplateError(f"more than {_DEPTH} texts in each other", start + 1)
        self.at += 1
        name = self.name(start)
        mark = self.peek() if self.peek() in ("?", ":") else ""
        text: tuple[Piece, ...] = ()
        if mark:
            self.at += 1
            text = self.pieces(depth + 1)
        if self.peek() != "}":
            raise TemplateError('"${" has no "}"', start + 1)
        self.at += 1
        return Choice(name, mark, text)

    def name(self, start: int) -> str:
        end = self.at
        while end < len(self.text) and self.text[end] in _LETTERS:
            end += 1
        name, self.at = self.text[self.at : end], end
        if not name:
            raise TemplateError('"$" has no name after it; a dollar sign is "$$"', start + 1)
        if name not in self.names:
            raise TemplateError(f"there is no ${name} here", start + 1)
        return name

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]
