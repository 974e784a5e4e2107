"""Where what stands in a Sieve script: the places of words and of their arguments, by the nodes that they became.

Fits lang/sieve as its Observer. Of other languages, and of borrowed tests, only the place of the rule is known.

In:    words while they are compiled; later a node, and the place of its rule.
Out:   a Spot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lang.sieve.lexer import Token
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.lang.sieve.arguments import Bound
    from mdafilter.lang.sieve.parser import Command, List
    from mdafilter.plan import Plan
    from mdafilter.texts import Where


class Spot(Value):
    """A place with the number of characters that the caret underlines."""

    file: str
    line: int
    column: int
    length: int = 1


class Use(Value):
    """A word of a script, and what it became."""

    file: str
    command: Command
    bound: Bound
    built: object


class Sight:
    """All words of the scripts that were compiled."""

    def __init__(self) -> None:
        self.required: dict[str, list[Token]] = {}  # the strings of each script's require
        self.left: Plan | None = None  # of a script with errors, what is in order
        self._uses: dict[int, Use] = {}  # by id: of equal nodes each has its own place

    def script(self, file: str, text: str, commands: Sequence[Command]) -> None:
        """Keeps what is required."""
        given = [a for c in commands if c.name.value == "require" and not c.broken for a in c.arguments]
        self.required[file] = [t for a in given for t in ((a,) if isinstance(a, Token) else a.items)]

    def used(self, file: str, command: Command, bound: Bound, built: object) -> None:
        """Keeps the place of a node."""
        self._uses[id(built)] = Use(file, command, bound, built)

    def lowered(self, plan: Plan) -> None:
        """Keeps the plan. The script itself comes after those that it includes."""
        self.left = plan

    def written(self, node: object) -> bool:
        """Whether the node stands in a script, and was not made by a language."""
        return id(node) in self._uses

    def of(self, node: object, at: Where) -> Spot:
        """The word itself; else the rule that it is part of."""
        use = self._uses.get(id(node))
        return _spot(use.file, use.command.name) if use else Spot(at.file, at.line, at.column)

    def argument(self, node: object, at: Where, index: int, value: str | None = None) -> Spot:
        """An argument of the word, or the string of this value in it."""
        use = self._uses.get(id(node))
        if use is None or index >= len(use.bound.positional):
            return self.of(node, at)
        argument = use.bound.positional[index]
        items = (argument,) if isinstance(argument, Token) else argument.items
        return _spot(
            use.file, next((item for item in items if item.value == value), _first(argument) or use.command.name)
        )


def token(file: str, at: Token) -> Spot:
    """The place of a token."""
    return _spot(file, at)


def _first(argument: Token | List) -> Token | None:
    return argument if isinstance(argument, Token) else next(iter(argument.items), None)


def _spot(file: str, at: Token) -> Spot:
    return Spot(file, at.line, at.column, max(1, at.end - at.start))
