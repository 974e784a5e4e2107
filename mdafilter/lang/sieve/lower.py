"""Tree -> steps of a plan: control commands (RFC 5228 section 3), and every other word through its `build`.

`ihave` (RFC 5463) is answered here: what stands behind a test that is false because we lack an extension can never
run, so it is not looked into and compiles to nothing; its words may be ones that nobody has heard of.

In:    the commands of the parser. Out: steps, the best that could be made of them.
Fails: never; errors go to the problems of the script.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.sieve.arguments import Bound, bind, needs
from mdafilter.lang.sieve.lexer import Token
from mdafilter.lang.sieve.parser import Command
from mdafilter.lang.sieve.use import Usage
from mdafilter.lang.sieve.vocabulary import CONTROLS, ELSEWHERE, MISTAKES
from mdafilter.plan import Branch, Do, If, Rewrite, Set, Stop
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mdafilter.lang.sieve.script import Script
    from mdafilter.plan import Block, Condition, Step
    from mdafilter.texts import Where
    from mdafilter.words.syntax import Word

CHAIN = ("if", "elsif", "else")
UNKNOWN = {
    "command": "a command is a word like keep or if; is a quote or a ; missing before it?",
    "test": "a test is a word like header, address or size",
}


class _Unavailable(Exception):
    """A word of an extension that `ihave` did not find: using it is an error when the script runs, not before."""

    def __init__(self, name: Token) -> None:
        super().__init__(name.value)
        self.name = name


class Lowering:
    """The walk through one script. Nesting is bounded by the parser."""

    def __init__(self, script: Script) -> None:
        self.of = script
        self.problems = script.problems
        self.started = False  # whether a command other than require was there

    def script(self, commands: Sequence[Command]) -> Block:
        """The steps of the whole script."""
        steps = self.block(commands)[0]
        self.begun()
        return steps

    def begun(self) -> None:
        """What was required is complete with the first other command (RFC 5228 section 3.2)."""
        if not self.started:
            self.of.settle()
        self.started = True

    # --- blocks and control ------------------------------------------------------------------------------------------

    def block(self, commands: Sequence[Command]) -> tuple[Block, str]:
        """The steps of a block, and why nothing behind it can be reached: "" (it can), "stop", or "ihave"."""
        self.of.depth += 1
        self.of.height = max(self.of.height, self.of.depth)
        steps: list[Step] = []
        end, said, index = "", False, 0
        while index < len(commands) and end != "ihave":
            command = commands[index]
            if end and not said and not command.broken:
                hint = "what stands before it ends the rules here: remove one of them"
                self.problems.warn(command.name, "this is never reached", hint, "unreachable")
                said = True
            chain = self.chain_at(commands, index)
            added, ended = self.guarded(chain) if chain else self.guarded((command,))
            steps += added
            end = ended or end
            index += len(chain) or 1
        self.of.depth -= 1
        return tuple(steps), end

    def guarded(self, commands: Sequence[Command]) -> tuple[Block, str]:
        """A command or a chain; one that uses what `ihave` did not find fails when it is reached."""
        try:
            return self.chain(commands) if _control(commands[0]) in CHAIN else self.command(commands[0])
        except _Unavailable as unavailable:
            return self.unavailable(unavailable.name), ""

    def unavailable(self, name: Token) -> Block:
        """RFC 5463 section 4: "a run-time error MUST be generated if such usage is attempted"."""
        text = f"`{name.value}` is used, and no extension that brings it is there"
        self.problems.warn(name, text, "the message is kept where this is reached; put it into the block of its ihave")
        word = self.of.vocabulary.word("error", test=False)
        if word is None:
            self.problems.error(name, text, "put it into the block of its ihave")
            return ()
        said = Token("string", text, name.start, name.end, name.line, name.column)
        return _step(word, word.build(Usage(self.of, Command(name, (said,)), Bound((said,)))), self.of.where(name))

    def chain_at(self, commands: Sequence[Command], index: int) -> Sequence[Command]:
        """The if, elsif, else that begin here; () if none does."""
        if _control(commands[index]) not in CHAIN:
            return ()
        end = index + 1
        while end < len(commands) and _control(commands[end]) in ("elsif", "else"):
            end += 1
        return commands[index:end]

    def chain(self, commands: Sequence[Command]) -> tuple[Block, str]:
        """if, elsif, else (RFC 5228 section 3.1). A test that is decided by `ihave` decides here and now."""
        self.check_chain(commands)
        branches: list[Branch] = []
        orelse: Block = ()
        ends: list[str] = []
        decided = open_ = False
        for command in commands:
            test, truth = self.condition(command)
            if truth is False:
                continue
            steps, end = self.block(command.block or ())
            ends.append(end)
            if truth is True:
                orelse, decided, open_ = steps, True, _control(command) != "else" or not branches
                break
            if test is not None:
                branches.append(Branch(test, steps, self.of.where(command.name)))
        if not branches:
            return orelse, ("ihave" if decided and open_ and ends[-1] else "")
        return (If(tuple(branches), orelse),), ("stop" if decided and all(ends) else "")

    def check_chain(self, commands: Sequence[Command]) -> None:
        self.begun()
        first, last = commands[0], ""
        if first.name.value in ("elsif", "else") and not (first.broken or _else_if(first)):
            hint = "write if" if _control(first) == "elsif" else "nothing may stand between the `}` and it"
            self.problems.error(first.name, f"`{_control(first)}` does not follow an if or elsif", hint)
        for command in commands:
            name = command.name
            if _else_if(command):
                self.problems.error(name, "`else if` is written elsif", "RFC 5228 section 3.1")
            elif name.value not in CHAIN:
                self.problems.error(name, f"unknown command `{name.value}`", f"did you mean {_control(command)}?")
            if last == "else" and not command.broken:
                self.problems.error(name, f"`{_control(command)}` cannot follow else", "else is the last of its chain")
            if command.block is None and not command.broken:
                self.problems.after(command.last or name, f"`{name.value}` needs a block", "write { ... } and no `;`")
            last = _control(command)

    def condition(self, command: Command) -> tuple[Condition | None, bool | None]:
        """The question of an if or elsif, and its answer where that is known already. An else always holds."""
        name, tests = command.name, command.tests[0].tests if _else_if(command) else command.tests
        listed = command.tests[0].listed if _else_if(command) else command.listed
        if command.arguments:
            self.problems.error(
                command.arguments[0], f"`{name.value}` takes a test here", "a test begins with its name"
            )
        if _control(command) == "else" and not command.broken:
            if tests:
                self.problems.error(tests[0].name, "`else` takes no test", "write elsif, or no test")
            return None, True
        if command.broken:
            return None, None
        if not tests and not command.arguments:
            self.problems.after(
                name, f"`{name.value}` needs a test", 'for example: if header :is "subject" "x" { ... }'
            )
        if listed:
            hint = "write it without parentheses, several as anyof (...) or allof (...)"
            self.problems.error(name, f"`{name.value}` takes one test, without parentheses", hint)
        asked = [self.test(test) for test in tests]
        return asked[0] if len(asked) == 1 else (None, None)

    def command(self, command: Command) -> tuple[Block, str]:
        """A command that is no if."""
        name = command.name
        if name.value == "require":
            self.require(command)
            return (), ""
        self.begun()
        if command.broken:
            self.block(command.block or ())
            return (), ""
        if name.value == "stop":
            return self.stop(command), "stop"
        word = self.of.word(name.value, test=False)
        if word is None or word.kind == "test":
            self.no_command(command, word)
            self.block(command.block or ())
            return (), ""
        built = self.use(command, word)
        steps = _step(word, built[0], self.of.where(name)) if built else ()
        return steps, "stop" if steps and isinstance(steps[-1], Stop) else ""

    def stop(self, command: Command) -> Block:
        """RFC 5228 section 3.3."""
        if command.arguments or command.tests or command.block is not None:
            self.problems.error(command.name, "`stop` stands alone", "written: stop;")
        return (Stop("all", "", self.of.where(command.name)),)

    def require(self, command: Command) -> None:
        """RFC 5228 section 3.2: "MUST be used before anything other than a require can be used"."""
        name, arguments = command.name, command.arguments
        if command.broken:
            self.of.guess = True
            return
        names = [t for a in arguments for t in ((a,) if isinstance(a, Token) else a.items)]
        wrong = len(arguments) != 1 or any(t.kind != "string" for t in names) or command.block is not None
        if wrong or command.tests:
            self.of.guess = True
            hint = 'written: require "fileinto"; or require ["fileinto", "copy"];'
            self.problems.error(name, "`require` takes a string or a list of strings", hint)
            return
        if self.started:
            hint = "move it to the beginning of the script (RFC 5228 section 3.2)"
            self.problems.error(name, "`require` stands behind another command", hint)
        for token in names:
            if token.kind == "string":
                self.of.require(token)

    # --- words -------------------------------------------------------------------------------------------------------

    def test(self, command: Command) -> tuple[Condition | None, bool | None]:
        """A test, and its answer where `ihave` decides it."""
        word = self.of.word(command.name.value, test=True)
        if word is None or word.kind != "test":
            self.no_test(command, word)
            return None, None
        built = self.use(command, word)
        return built if built else (None, None)

    def use(self, command: Command, word: Word) -> tuple[Any, bool | None] | None:
        """Checks and builds one use of a word: what it built, and for tests whether `ihave` decided it."""
        if not self.of.allows_any(word.requires):
            if self.of.absent.intersection(word.requires):
                raise _Unavailable(command.name)
            text, _hint = needs(word.name, word.requires)
            self.of.lacks(command.name, text, word.requires)
        bound = bind(command, word, self.of)
        tests, truths = self.tests(command, word.name)
        block = self.own_block(command, word, bound)
        if bound is None or any(test is None for test in tests) or not self.of.readable(bound.strings()):
            return None
        usage = Usage(self.of, command, bound, tuple(test for test in tests if test is not None), block)
        if word.name == "set":
            self.of.assign(command.name, str(usage.text(0)).lower())
        built = word.build(usage)
        self.of.asked.add(word.name)
        if self.of.unit.observer is not None:
            self.of.unit.observer.used(self.of.file, command, bound, built)
        return built, self.truth(word.name, usage, truths) if word.kind == "test" else None

    def tests(self, command: Command, name: str) -> tuple[list[Condition | None], list[bool | None]]:
        """The tests of a test. Left to right, and none is asked that cannot matter (RFC 5463 section 4, item 5)."""
        tests: list[Condition | None] = []
        truths: list[bool | None] = []
        for child in command.tests:
            test, truth = self.test(child)
            tests.append(test)
            truths.append(truth)
            if truth is not None and truth is {"allof": False, "anyof": True}.get(name):
                break
        return tests, truths

    def truth(self, name: str, usage: Usage, truths: list[bool | None]) -> bool | None:
        """What `ihave` makes of a test at once."""
        if name == "ihave":
            names = usage.texts(0)
            return self.of.ihave([n for n in names if isinstance(n, str)]) if names else None
        if name == "not" and truths:
            return None if truths[0] is None else not truths[0]
        if name in ("allof", "anyof") and truths:
            decisive = name == "anyof"
            return decisive if decisive in truths else None if None in truths else not decisive
        return None

    def own_block(self, command: Command, word: Word, bound: Bound | None) -> Block:
        """The block of a word like foreverypart."""
        if command.block is None:
            if word.block:
                self.problems.after(
                    command.last or command.name, f"`{word.name}` needs a block", "write { ... } and no `;`"
                )
            return ()
        if not word.block:
            self.problems.error(
                command.name, f"`{word.name}` takes no block", f"`;` ends {word.name}; did you mean if?"
            )
        if word.loop:
            if len(self.of.loops) >= limits.LOOPS:
                hint = "a loop goes through the parts in the parts by itself"
                self.problems.error(command.name, f"more than {limits.LOOPS} loops, each within the other", hint)
            names = [g.argument for g in bound.tags if g.tag.name == ":name"] if bound else []
            self.of.loops.append(names[0].value if names and isinstance(names[0], Token) else "")
        steps, _end = self.block(command.block)
        if word.loop:
            self.of.loops.pop()
        return steps

    # --- what is no word, or not here --------------------------------------------------------------------------------

    def no_command(self, command: Command, word: Word | None) -> None:
        name = command.name
        if word is not None:
            text = f"`{name.value}` is a test, and a command is expected here"
            self.problems.error(name, text, f"write: if {name.value} ... {{ ... }}")
        else:
            self.unknown(name, "command")

    def no_test(self, command: Command, word: Word | None) -> None:
        name = command.name
        if word is not None or name.value in CONTROLS:
            text = f"`{name.value}` is a command, and a test is expected here"
            self.problems.error(name, text, "commands stand in the { block } behind the test")
        else:
            self.unknown(name, "test")

    def unknown(self, name: Token, kind: str) -> None:
        """A word that nobody knows. What a require or ihave explains is not an error of its own."""
        extension = ELSEWHERE.get(name.value, "")
        if extension in self.of.unsupported:
            return
        if self.of.absent:
            raise _Unavailable(name)
        if self.problems.full:
            return
        if extension:
            hint = f'it belongs to the extension "{extension}", which mdafilter does not have'
        else:
            meant = self.of.vocabulary.meant(name.value)
            hint = f"did you mean {meant}?" if meant else UNKNOWN[kind]
        self.problems.error(name, f"unknown {kind} `{name.value[:80]}`", hint)


def _control(command: Command) -> str:
    """if, elsif, else or another name, as it was probably meant."""
    if _else_if(command):
        return "elsif"
    name = command.name.value
    return "elsif" if MISTAKES.get(name) == "elsif" else name


def _else_if(command: Command) -> bool:
    return command.name.value == "else" and bool(command.tests) and command.tests[0].name.value == "if"


def _step(word: Word, built: Any, at: Where) -> Block:
    """What a word built, as steps."""
    if word.kind == "action":
        return (Do(built, at),)
    if word.kind == "change":
        return (Rewrite(built, at),)
    if word.kind == "assignment":
        return (Set(built, at),)
    if built is None:
        return ()
    return built if isinstance(built, tuple) else (built,)
