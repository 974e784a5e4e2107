"""Words of a procmailrc's commands and actions, made when the rule runs (procmailrc(5), "BUGS"). No word of Sieve.

    "$A"        one word, whatever is in it           $A      as many words as there are between its blanks
    "${A-b}"    likewise                              ${A-b c}    b and c, where A is not set
    "$@"        the arguments of the delivery, each a word

As in the shell, but that names of files are not looked for: an asterisk in a variable is an asterisk.

In:    parts, as lang/procmail/strings.py reads them. Out: the words. Fails: RuleFailed past the string limit.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.texts import Var
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from typing import TypeAlias

    from mdafilter.plan import Scene

BLANKS = " \t\n"


class Unquoted(Value):
    """A variable outside of quotes: its value is divided at blanks."""

    name: str

    def __str__(self) -> str:
        return f"${{{self.name}}}"


class Choice(Value):
    """A variable or other words (${NAME-words} and its kind); `quoted` as a whole, or not."""

    name: str
    sign: str
    parts: tuple[Part, ...]
    quoted: bool

    def __str__(self) -> str:
        return f"${{{self.name}{self.sign}{''.join(map(str, self.parts))}}}"


class Gap(Value):
    """The blanks between two words."""

    def __str__(self) -> str:
        return " "


class All(Value):
    """`"$@"`."""

    def __str__(self) -> str:
        return '"$@"'


if TYPE_CHECKING:
    Part: TypeAlias = str | Var | Unquoted | Choice | Gap | All


class Arguments(Value):
    """Some words."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))

    def expand(self, scene: Scene) -> tuple[str, ...]:
        """The words, with the variables filled in."""
        made = _Words(scene)
        made.take(self.parts)
        made.end()
        return tuple(made.words)


class _Words:
    """Words on their way; `current` is None between two of them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.words: list[str] = []
        self.current: list[str] | None = None
        self.room = limits.STRING_OCTETS

    def take(self, parts: tuple[Part, ...]) -> None:
        for part in parts:
            match part:
                case str():
                    self.add(part)
                case Var(name=name):
                    self.add(self.scene.value(name))
                case Unquoted(name=name):
                    self.divide(self.scene.value(name))
                case Choice():
                    self._choose(part)
                case Gap():
                    self.end()
                case All():
                    if self.scene.value("$#") not in ("", "0"):
                        self.add(self.scene.value("$1"))

    def _choose(self, part: Choice) -> None:
        value = self.scene.value(part.name)
        there = bool(value) if part.sign.startswith(":") else part.name in self.scene.variables
        if there == part.sign.endswith("+"):
            self.take(part.parts)
        elif part.quoted:
            self.add(value)
        else:
            self.divide(value)

    def add(self, text: str) -> None:
        """Adds to the current word, or begins one: an empty text in quotes is a word as well."""
        self.room -= len(text)
        if self.room < 0:
            raise RuleFailed(f"a string with variables is longer than {limits.STRING_OCTETS} characters")
        if self.current is None:
            self.current = []
        self.current.append(text)

    def divide(self, text: str) -> None:
        """Adds what may be several words."""
        pieces = text.replace("\t", " ").replace("\n", " ").split(" ")
        for i, piece in enumerate(pieces):
            if i:
                self.end()
            if piece:
                self.add(piece)

    def end(self) -> None:
        """Ends the current word, if there is one."""
        if self.current is not None:
            self.words.append("".join(self.current))
            self.current = None
