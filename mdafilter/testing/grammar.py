"""A script as Pigeonhole's parser reads it: its mistakes of grammar, and what is left of it where there are none.

The front end (lang/sieve) reports one mistake once, whatever follows from it, and looks at the words of a script all
the same. A test file that was written for Pigeonhole has counted what its parser says, which goes on behind a mistake
in another way, and looks at no word before the grammar is in order. What it does not understand it skips up to

    ; or {     that ends the command, or the } of the block around
    ] or )     that ends a list, unless the command ends before
    }          that ends a block in which something is no command

Every word may take tests here: a `;` that is missing before another word makes that a test of the first.

In:    the text of a script, as lexer.decode leaves it.
Out:   Read: the commands, and what is wrong, in order.
Fails: never; the time is linear in the length.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.sieve.lexer import DIGITS, LARGEST, LETTERS, QUANTIFIERS, SEPARATORS
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

IDENTIFIER = 32  # the longest name of a word or a tag
WRONG, ODD = "wrong", "odd"  # kinds of tokens that were reported when they were read; of ODD the parser complains too
LIST = "strings"  # the kind of an argument that is a list
_BLANKS = frozenset(" \t\r\n")
_NAME = LETTERS | DIGITS
_OPENING = {"]": "[", ")": "(", "}": "{", ";": ""}
_BEYOND = {"]": ";{}()", ")": ";{}", "}": "", ";": "}"}  # where nobody looks any further for the end


class Token(Value):
    """A token, or an argument, as it is written. `kind` is that of lexer.py, a separator itself, WRONG, ODD or LIST."""

    kind: str
    text: str
    start: int
    end: int


class Node:
    """A command or test, with what belongs to it."""

    def __init__(self, name: Token) -> None:
        self.name = name.text.lower()
        self.start, self.behind, self.end = name.start, name.end, name.end  # of the name, and of the last argument
        self.arguments: list[Token] = []
        self.tests: list[Node] = []
        self.listed = False
        self.block: list[Node] | None = None

    def add(self, argument: Token) -> None:
        self.arguments.append(argument)
        self.end = argument.end


class Read(Value):
    """What a script is made of, and what is wrong with its grammar."""

    commands: list[Node]
    faults: list[str]


def read(text: str) -> Read:
    """Reads a script."""
    parser = _Parser(text)
    commands: list[Node] = []
    parser.script(commands)
    return Read(commands, parser.found)


class _Stop(Exception):
    """Nothing can be made of the rest."""


class _Parser:
    def __init__(self, text: str) -> None:
        self.found: list[str] = []
        self.sound = True  # whether nothing was wrong but in tokens
        self._tokens = _Reader(text, self.found).all()
        self.token = next(self._tokens)

    @property
    def next(self) -> str:
        """The kind of the token that comes next."""
        return self.token.kind

    def take(self) -> Token:
        token, self.token = self.token, next(self._tokens, self.token)
        return token

    def fault(self, text: str) -> None:
        """What was reported when it was read is not reported again."""
        self.sound = False
        if self.next != WRONG:
            self.found.append(f"{text} here, not {self.next}")

    # --- commands ----------------------------------------------------------------------------------------------------

    def script(self, commands: list[Node]) -> None:
        try:
            self.commands(commands, 0)
        except _Stop:
            return
        if self.next != "end" and self.sound:
            self.fault("a command is expected")

    def commands(self, commands: list[Node], depth: int) -> bool:
        """Commands up to what begins none. False where the end of one could not be found."""
        while self.next == "name":
            node = Node(self.take())
            commands.append(node)
            good = self.arguments(node, 0)
            if good and self.next not in (";", "{"):
                self.fault("`;` or `{` is expected")
                good = False
            if not good and not self.recover(";"):
                return False
            if self.next == ";":
                self.take()
            elif not self.block(node, depth + 1):
                return False
        return True

    def block(self, node: Node, depth: int) -> bool:
        if depth >= limits.SCRIPT_NESTING:
            self.fault("no further block is expected")
            return self.recover("}")
        self.take()
        node.block = []
        if not self.commands(node.block, depth):
            if good := self.recover("}"):
                self.take()
            return good
        if self.next == "}":
            self.take()
            return True
        self.fault("`}` is expected")
        return self.recover("}")

    def recover(self, end: str) -> bool:
        """Skips to `end`, which is left. False where there is none, and what is there is not skipped."""
        open_ = 1
        while self.next != "end":
            if self.next == end or (end == ";" and self.next == "{"):
                open_ -= 1
                if not open_:
                    return True
            elif self.next == _OPENING[end]:
                open_ += 1
            elif self.next in _BEYOND[end]:
                return False
            self.take()
        return False

    # --- arguments and tests -----------------------------------------------------------------------------------------

    def arguments(self, node: Node, depth: int) -> bool:
        """Arguments, then a test or a list of tests. False: the command cannot be understood."""
        while self.next in ("string", "number", "tag", "["):
            if self.next != "[":
                node.add(self.take())
            elif not self.strings(node):
                return False
        if self.next == "name":
            try:
                return self.test(node, depth + 1)
            except _Stop:
                return False
        return self.tests(node, depth) if self.next == "(" else True

    def test(self, node: Node, depth: int) -> bool:
        if depth >= limits.SCRIPT_NESTING:
            self.fault("no further test is expected")
            return False
        test = Node(self.take())
        node.tests.append(test)
        return self.arguments(test, depth)

    def tests(self, node: Node, depth: int) -> bool:
        node.listed, good, number = True, True, 0
        while good and self.next == (",", "(")[not number]:
            self.take()
            number += 1
            good = False
            if self.next == "name":
                try:
                    good = self.test(node, depth + 1)
                except _Stop:
                    return False
            else:
                self.fault("a test is expected")
                number -= number == 1
            if not good:
                good = self.recover(")")
                break
        good = self.closed(")", good)
        if not number:
            self.fault("a test is missing")
            raise _Stop
        return good

    def strings(self, node: Node) -> bool:
        start, items, good, first = self.token.start, [], True, True
        while self.next == (",", "[")[first]:
            self.take()
            first = False
            if self.next != "string":
                self.fault("a string is expected")
                good = self.recover("]")
                break
            items.append(self.take().text)
        end = self.token.end
        good = self.closed("]", good)
        node.add(Token(LIST, "\n".join(items), start, end))
        return good

    def closed(self, bracket: str, good: bool) -> bool:
        """The end of a list."""
        if self.next == bracket:
            self.take()
            return good
        self.fault(f"`,` or `{bracket}` is expected")
        if good := self.recover(bracket):
            self.take()
        return good


class _Reader:
    """The tokens, one after the other. What cannot be read goes to `found` when it is come to."""

    def __init__(self, text: str, found: list[str]) -> None:
        self.text = text
        self.found = found
        self.at = 0

    def all(self) -> Iterator[Token]:
        before = ""
        while self.at < len(self.text):
            start, character = self.at, self.text[self.at]
            if character in _BLANKS or character == "#":
                self.at += 1
                if character == "#":
                    self.behind("\n", self.at)
                before = ""
            elif not self.text.startswith("/*", start):
                before = self.kind(character, before)
                yield Token(before, self.text[start : self.at], start, self.at)
            elif not self.behind("*/", start + 2):
                yield Token(self.wrong("a comment is not closed"), "", start, self.at)
        yield Token("end", "", self.at, self.at)

    def kind(self, character: str, before: str) -> str:
        """Goes behind a token, and tells its kind."""
        if character in LETTERS:
            return self.name(self.at, "name")
        if character in DIGITS:
            return self.number()
        if character == '"':
            return self.string()
        if character == ":" and self.text[self.at + 1 : self.at + 2] in LETTERS:
            return self.name(self.at + 1, "tag")
        self.at += 1
        if character in SEPARATORS or character in ":/":
            return character
        if before != ODD:  # once for all that stand in a row
            self.wrong(f"nothing begins with {character!r}")
        return ODD

    def wrong(self, text: str) -> str:
        self.found.append(text)
        return WRONG

    def behind(self, end: str, at: int) -> bool:
        """Goes behind the next `end`, or to the end of all."""
        found = self.text.find(end, at)
        self.at = len(self.text) if found < 0 else found + len(end)
        return found >= 0

    def run(self, wanted: frozenset[str], at: int) -> int:
        while at < len(self.text) and self.text[at] in wanted:
            at += 1
        return at

    def name(self, start: int, kind: str) -> str:
        self.at = self.run(_NAME, start)
        if self.at - start > IDENTIFIER:
            return self.wrong(f"a {kind} is longer than {IDENTIFIER} characters")
        if kind == "name" and self.text[start : self.at].lower() == "text" and self.text.startswith(":", self.at):
            return self.multi_line()
        return kind

    def number(self) -> str:
        start, self.at = self.at, self.run(DIGITS, self.at)
        digits = self.text[start : self.at].lstrip("0") or "0"
        unit = QUANTIFIERS.get(self.text[self.at : self.at + 1].lower())
        self.at += unit is not None  # whatever stands behind it begins the next token
        if len(digits) > len(str(LARGEST)) or int(digits) * (unit or 1) > LARGEST:
            return self.wrong("a number is too large")
        return "number"

    def string(self) -> str:
        text, at = self.text, self.at + 1
        while at < len(text) and text[at] != '"':
            at += 1 + (text[at] == "\\")
        self.at = min(at + 1, len(text))
        return "string" if at < len(text) else self.wrong("a string is not closed")

    def multi_line(self) -> str:
        self.at = self.run(frozenset(" \t"), self.at + 1)
        if self.text.startswith("#", self.at):
            self.behind("\n", self.at)
        elif self.text.startswith("\n", self.at):
            self.at += 1
        elif self.at < len(self.text):
            return self.wrong("a text begins in the line of its `text:`")
        rest = self.text.find("\n.\n", self.at - 1)
        if rest >= 0 or self.text.endswith("\n."):
            self.at = len(self.text) if rest < 0 else rest + 3
            return "string"
        self.at = len(self.text)
        return self.wrong("a text is not closed")
