"""Tokens -> tree (RFC 5228 section 8.2).

    start      = *command
    command    = name *argument [ test / "(" test *("," test) ")" ] ( ";" / "{" *command "}" )
    test       = name *argument [ test / "(" test *("," test) ")" ]
    argument   = string / "[" string *("," string) "]" / number / tag

The grammar does not know the words, and so cannot tell `keep stop;` (a `;` is missing) from `not stop`: `nests(name)`
says which words take tests, and `is_test(name)` which are nothing but tests: no command begins with one of these.

Out:   the commands of the script; those in which something was wrong are `broken`, and nobody should look into them.
Fails: never; errors are reported. After one, the rest of its command is skipped (up to `;`, or to its block), so that
       one mistake gives one error. Nesting is bounded by limits.SCRIPT_NESTING, for blocks and for tests.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.sieve.lexer import Token
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mdafilter.lang.sieve.problems import Problems


class List(Value):
    """A string list in brackets."""

    items: tuple[Token, ...]
    start: int
    end: int


class Command(Value):
    """A command or a test, with what belongs to it. `last` is its last token before `;` or `{`."""

    name: Token
    arguments: tuple[Token | List, ...] = ()
    tests: tuple[Command, ...] = ()
    listed: bool = False  # whether the tests stand in parentheses
    block: tuple[Command, ...] | None = None
    broken: bool = False
    last: Token | None = None


def parse(
    tokens: Sequence[Token],
    problems: Problems,
    nests: Callable[[str], bool],
    is_test: Callable[[str], bool] = lambda name: False,
) -> tuple[Command, ...]:
    """The commands of a script."""
    return _Parser(tokens, problems, nests, is_test).script()


class _Broken(Exception):
    """The command that is being read cannot be understood. The error was reported where this was raised."""


class _Parser:
    def __init__(
        self,
        tokens: Sequence[Token],
        problems: Problems,
        nests: Callable[[str], bool],
        is_test: Callable[[str], bool],
    ) -> None:
        self.tokens = tokens
        self.problems = problems
        self.nests = nests
        self.is_test = is_test
        self.index = 0
        self.depth = 0  # of blocks
        self.missing = 0  # blocks whose `{` is missing: their `}` is no error
        self.cut = tokens[-1].value == "cut"

    # --- tokens ------------------------------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    @property
    def before(self) -> Token:
        return self.tokens[max(0, self.index - 1)]

    def take(self) -> Token:
        token = self.tokens[self.index]
        if token.kind != "end":
            self.index += 1
        return token

    def lacks(self, text: str, hint: str = "") -> None:
        """Something is missing before the next token. Behind a string that is never closed that says nothing new."""
        if not (self.next.kind == "end" and self.cut):
            self.problems.after(self.before, text, hint)

    # --- commands ----------------------------------------------------------------------------------------------------

    def script(self) -> tuple[Command, ...]:
        commands: list[Command] = []
        while True:
            commands += self.commands()
            if self.next.kind == "end":
                return tuple(commands)
            if self.missing:
                self.missing -= 1
            else:
                self.problems.error(
                    self.next, "this `}` closes no block", "remove it, or look for a `{` that is missing"
                )
            self.take()

    def commands(self) -> list[Command]:
        """Commands up to `}` or the end, which are left."""
        commands: list[Command] = []
        while self.next.kind not in ("}", "end"):
            if self.next.kind == "name":
                commands.append(self.command())
            else:
                self.stray()
        return commands

    def stray(self) -> None:
        """What no command begins with: one error for all of it."""
        token = self.next
        if token.kind == ";":
            behind_block = self.index > 0 and self.before.kind == "}"
            hint = "no `;` stands behind a block" if behind_block else "one `;` ends a command"
            self.problems.error(token, "this `;` ends no command", hint)
            while self.next.kind == ";":
                self.take()
            return
        if token.kind != "bad":  # the lexer has reported it
            what = {"string": "a string", "number": "a number", "tag": "a tag"}.get(token.kind, f"`{token.value}`")
            hint = "blocks belong to if, elsif and else" if token.kind == "{" else "a command begins with its name"
            self.problems.error(token, f"a command is expected here, not {what}", hint)
        self.skip()
        self.ending()

    def skip(self) -> None:
        """To the `;`, `{` or `}` behind what cannot be understood."""
        while self.next.kind not in (";", "{", "}", "end"):
            self.take()

    def command(self) -> Command:
        name = self.take()
        try:
            command = self.body(name, 0)
        except _Broken:
            self.skip()
            command = Command(name, broken=True)
        else:
            if self.next.kind == ";":
                self.take()
                return command
            if self.next.kind == "end" and self.cut:  # its end is in what was never closed
                command = command.replace(broken=True)
        if self.next.kind not in (";", "{") and not command.broken:
            command = self.unfinished(command)
        block = self.ending()
        return command if block is None else command.replace(block=block)

    def unfinished(self, command: Command) -> Command:
        """Neither `;` nor a block where the command ends."""
        token, name = self.next, command.name.value
        if token.kind not in ("name", "}", "end"):
            if token.kind != "bad":
                self.problems.error(token, *self.unexpected(token, name))
            self.skip()
            return command.replace(broken=True)
        if name in ("if", "elsif", "else"):
            self.lacks(
                f"the block of `{name}` is missing",
                "write { ... } behind the test" if name != "else" else "write { ... }",
            )
            self.missing += token.kind != "end"
            return command.replace(broken=True)
        hint = "every command ends with `;`"
        if token.kind == "name" and command.last is not None and "\n" in self.spelling(command):
            hint += ", or a string on the lines before has no closing quote"
        self.lacks(f"`;` is missing after `{_spelt(self.before)}`", hint)
        return command

    def spelling(self, command: Command) -> str:
        strings = [a.value for a in command.arguments if isinstance(a, Token) and a.kind == "string"]
        return strings[-1] if strings else ""

    def unexpected(self, token: Token, name: str) -> tuple[str, str]:
        if token.kind == ",":
            return "this `,` stands in no list", 'several strings are written ["a", "b"], several tests (a, b)'
        if token.kind in (")", "]"):
            return f"this `{token.kind}` closes nothing", f"remove it, or write the `{'(['[token.kind == ']']}` before"
        if name in ("if", "elsif", "else"):
            return f"the block of `{name}` is expected here, not {_kind(token)}", "write { ... } behind the test"
        return f"the end of `{name}` is expected here, not {_kind(token)}", "arguments stand before tests"

    def ending(self) -> tuple[Command, ...] | None:
        """`;`, or a block, or nothing (which was reported)."""
        if self.next.kind == ";":
            self.take()
            return None
        return self.block() if self.next.kind == "{" else None

    def block(self) -> tuple[Command, ...]:
        opening = self.take()
        if self.depth >= limits.SCRIPT_NESTING:
            hint = "put what is inside into a script of its own, and include it"
            self.problems.error(opening, f"blocks are nested deeper than {limits.SCRIPT_NESTING}", hint)
            self.leave("{", "}")
            return ()
        self.depth += 1
        commands = self.commands()
        self.depth -= 1
        if self.next.kind == "}":
            self.take()
        elif not self.cut:
            self.cut = True  # one error is enough for all blocks that are open at the end
            self.problems.error(opening, "this block is never closed", "a `}` is missing")
        return tuple(commands)

    def leave(self, opening: str, closing: str) -> None:
        """Skips to the end of a bracket whose opening was taken, without looking into it."""
        open_ = 1
        while open_ and self.next.kind != "end":
            kind = self.take().kind
            open_ += (kind == opening) - (kind == closing)
        self.cut = self.cut or open_ > 0

    # --- arguments and tests -----------------------------------------------------------------------------------------

    def body(self, name: Token, depth: int) -> Command:
        """What follows a name: arguments, then a test or a list of tests."""
        arguments: list[Token | List] = []
        while self.next.kind in ("string", "number", "tag", "["):
            arguments.append(self.strings() if self.next.kind == "[" else self.take())
        tests: tuple[Command, ...] = ()
        listed = self.next.kind == "("
        if listed:
            tests = self.tests(depth + 1)
        elif self.next.kind == "name" and self.takes_test(name):
            tests = (self.test(depth + 1),)
        return Command(name, tuple(arguments), tests, listed, None, False, self.before)

    def takes_test(self, name: Token) -> bool:
        """Whether a name behind `name` is a test of it; else it is a command, and a `;` is missing before."""
        if name.value != "else":
            return self.nests(name.value) or self.is_test(self.next.value)
        near = (token.kind for token in self.tokens[self.index : self.index + 20])  # no test; but which mistake is it?
        return self.next.value == "if" or next((kind for kind in near if kind in (";", "{", "}", "end")), "") == "{"

    def test(self, depth: int) -> Command:
        if self.next.kind != "name":
            if self.next.kind != "bad":
                hint = "a test begins with its name, like header or not"
                self.problems.error(self.next, f"a test is expected here, not {_kind(self.next)}", hint)
            raise _Broken
        name = self.take()
        if depth > limits.SCRIPT_NESTING + 1:  # the innermost test is in that many others
            hint = "write several ifs, each within the other"
            self.problems.error(name, f"tests are nested deeper than {limits.SCRIPT_NESTING}", hint)
            raise _Broken
        return self.body(name, depth)

    def tests(self, depth: int) -> tuple[Command, ...]:
        opening = self.take()
        found = [self.test(depth)]
        while self.next.kind == ",":
            self.take()
            found.append(self.test(depth))
        if self.next.kind == ")":
            self.take()
            return tuple(found)
        if self.next.kind == "bad":
            raise _Broken
        between = self.next.kind == "name"
        text = "`,` is missing between tests" if between else "`)` is missing"
        self.lacks(text, f"the `(` is in line {opening.line}, column {opening.column}")
        raise _Broken

    def strings(self) -> List:
        opening = self.take()
        items: list[Token] = []
        if self.next.kind == "]":
            self.problems.error(
                opening, "a list of strings cannot be empty", "RFC 5228 section 8.2: at least one string"
            )
            return List((), opening.start, self.take().end)
        while True:
            if self.next.kind != "string":
                self.no_string(opening)
            items.append(self.take())
            if self.next.kind == "]":
                return List(tuple(items), opening.start, self.take().end)
            if self.next.kind == "string":
                self.lacks("`,` is missing between strings", 'strings of a list are written ["a", "b"]')
            elif self.next.kind == ",":
                self.take()
            else:
                if self.next.kind != "bad":
                    self.lacks("`]` is missing", f"the `[` is in line {opening.line}, column {opening.column}")
                raise _Broken

    def no_string(self, opening: Token) -> None:
        token = self.next
        if token.kind == "]":
            self.problems.error(self.before, "a string is missing after this `,`", "remove the `,`")
        elif token.kind != "bad":
            hint = f"only strings stand in the `[` of line {opening.line}, column {opening.column}"
            self.problems.error(token, f"a string is expected here, not {_kind(token)}", hint)
        raise _Broken


def _kind(token: Token) -> str:
    """A token for people."""
    words = {
        "string": "a string",
        "number": "a number",
        "tag": f"the tag {token.value}",
        "end": "the end of the script",
    }
    return words.get(token.kind) or f"`{token.value}`"


def _spelt(token: Token) -> str:
    text = " ".join(token.value[:200].split())
    text = text if len(text) <= 40 else text[:37] + "..."
    return f'"{text}"' if token.kind == "string" else text
