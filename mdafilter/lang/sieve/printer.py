"""Tree -> script: what the parser understood, in one layout.

    require ["fileinto", "copy"];
    if anyof (true, header :is "subject" "x") {
        fileinto :copy "x";
    }

A script that compiles and its print compile to the same plan, but for the places. Comments are no part of the tree.

In:    a script without errors. Out: its text, with LF as line end.
"""

from __future__ import annotations

from mdafilter.lang.sieve import lexer, parser
from mdafilter.lang.sieve.lexer import Token
from mdafilter.lang.sieve.vocabulary import Vocabulary
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.lang.sieve.parser import Command, List

INDENT = "    "


def printed(script: bytes) -> str:
    """The script, printed."""
    text, problems = lexer.decode(script, "")
    return spelled(parser.parse(lexer.tokens(text, problems), problems, Vocabulary().nests))


def spelled(commands: Sequence[Command], depth: int = 0) -> str:
    """Commands, each on lines of its own."""
    return "".join(_command(command, depth) for command in commands)


def _command(command: Command, depth: int) -> str:
    start = INDENT * depth + _phrase(command)
    if command.block is None:
        return f"{start};\n"
    return f"{start} {{\n{spelled(command.block, depth + 1)}{INDENT * depth}}}\n"


def _phrase(command: Command) -> str:
    """A command or test up to its end or block."""
    pieces = [command.name.value, *map(_argument, command.arguments)]
    tests = ", ".join(map(_phrase, command.tests))
    if command.listed:
        pieces.append(f"({tests})")
    elif tests:
        pieces.append(tests)
    return " ".join(pieces)


def _argument(argument: Token | List) -> str:
    if not isinstance(argument, Token):
        return f"[{', '.join(map(_argument, argument.items))}]"
    if argument.kind != "string":
        return argument.value
    text = argument.value.replace("\r\n", "\n").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
