"""A procmailrc in its pieces, each as a line of its own: where procmail reads on, and where it stops (procmailrc(5)).

    :0 flags : lock     up to the end of the line
    * condition         up to the end of the line. A line that ends in a backslash goes on in the next one, of which
                        leading blanks go. Of an old `:2` the next two lines are conditions, with and without the *
    {                   alone: what follows on the same line is the block's first piece
    | program           up to the end of the line; a backslash before it is left to the shell, but a line that is
                        nothing else than a backslash becomes an empty one
    folder, ! address   up to the end of the line, or to a comment
    }                   alone
    NAME=value          up to the blank that ends the value, which may have newlines in its quotes; NAME alone unsets
    anything else       up to the end of the line

A `#` begins a comment where a piece could begin, which goes to the end of its line, whatever stands there. So several
pieces may be on one line, and one may go over many.

In: the text of the file. Out: its pieces, with their place for each of their characters. Never fails, and is linear.
"""

from __future__ import annotations

from mdafilter.lang.problems import Line
from mdafilter.lang.procmail import flags as recipe_flags
from mdafilter.lang.procmail.strings import Reader
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLANKS = " \t"
NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def logical_lines(text: str) -> list[Line]:
    """All pieces of a file."""
    return list(_Scan(text.replace("\r\n", "\n")).pieces())


class _Scan:
    """The walk through the text: `at` is where it is, `row` and `begin` are its line and where that begins."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.row = 1
        self.begin = 0

    def pieces(self) -> Iterator[Line]:
        while self._find():
            match self.text[self.at]:
                case ":":
                    yield from self._recipe()
                case "}":
                    yield self._take(self.at + 1)
                case c if c in NAME and not c.isdigit():
                    yield self._assignment()
                case _:
                    yield self._take(self._line_end())

    def _recipe(self) -> Iterator[Line]:
        """The line with the flags, the conditions, and the action, if the file has one."""
        first = self._take(self._words_end())
        self._next_line()
        yield first
        counted = recipe_flags.counted(first.text)
        while True:
            self._skip(BLANKS)
            if counted <= 0 and not (self._find() and self.text[self.at] == "*"):
                break
            if self.at >= len(self.text):
                return
            counted -= 1
            yield self._condition()
        if self.at >= len(self.text):
            return
        c = self.text[self.at]
        if c == "{" and self.text[self.at + 1 : self.at + 2] in ("", " ", "\t", "\n"):
            yield self._take(self.at + 1)
        elif c == "|" or self._is_captured():
            yield self._take(self._line_end(), program=True)
        else:
            yield self._take(self._words_end(folder=c != "!"))

    def _is_captured(self) -> bool:
        """Whether the action is NAME=| program."""
        end = self.at
        while self.text[end : end + 1] in NAME:
            end += 1
        if end == self.at or self.text[self.at].isdigit():
            return False
        while self.text[end : end + 1] and self.text[end] in BLANKS:
            end += 1
        if not self.text.startswith("=", end):
            return False
        end += 1
        while self.text[end : end + 1] and self.text[end] in BLANKS:
            end += 1
        return self.text.startswith("|", end)

    def _condition(self) -> Line:
        """Up to the end of the line, with its continuations joined."""
        start, row, begin = self.at, self.row, self.begin
        end = self._line_end()
        pieces, joints, length = [], [], 0
        if not self.text.startswith("*", start):
            pieces, length = ["*"], 1
        for i, piece in enumerate(self.text[start:end].split("\\\n")):
            shown = piece.lstrip(BLANKS) if i else piece
            joints.append((length, row + i, start + len(piece) - len(shown) - begin + 1))
            pieces.append(shown)
            length += len(shown)
            start += len(piece) + 2
            begin = start
        self._go(end)
        self._next_line()
        return Line(row, "".join(pieces), tuple(joints))

    def _assignment(self) -> Line:
        end = self.at
        while self.text[end : end + 1] in NAME:
            end += 1
        if self.text[end : end + 1] not in ("", " ", "\t", "\n", "="):
            return self._take(self._line_end())
        after = end
        while self.text[after : after + 1] and self.text[after] in BLANKS:
            after += 1
        if not self.text.startswith("=", after):
            return self._take(end)
        return self._take(self._value_end(after + 1))

    # --- ends ----------------------------------------------------------------------------------------------------

    def _line_end(self) -> int:
        """The end of the line, past those that a backslash joins to it."""
        end = self.text.find("\n", self.at)
        while end > 0 and self.text[end - 1] == "\\" and end > self.at:
            end = self.text.find("\n", end + 1)
        return end if end >= 0 else len(self.text)

    def _value_end(self, at: int) -> int:
        """The end of the value of an assignment."""
        while self.text[at : at + 1] and (self.text[at] in BLANKS or self.text.startswith("\\\n", at)):
            at += 2 if self.text[at] == "\\" else 1
        return at if self.text.startswith("#", at) else Reader(self.text, at).word_end()

    def _words_end(self, *, folder: bool = False) -> int:
        """The end of a line of words: a newline, or a comment, outside of quotes."""
        return Reader(self.text, self.at, folder=folder).line_end()

    # --- steps ---------------------------------------------------------------------------------------------------

    def _find(self) -> bool:
        """To where the next piece begins: past blanks, empty lines and comments."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self._go(end if end >= 0 else len(self.text))
            elif self.text[self.at] in " \t\n":
                self._skip(" \t\n")
            elif self.text.startswith("\\\n", self.at):
                self._go(self.at + 2)
            else:
                return True
        return False

    def _next_line(self) -> None:
        end = self.text.find("\n", self.at)
        self._go(end + 1 if end >= 0 else len(self.text))

    def _skip(self, signs: str) -> None:
        at = self.at
        while at < len(self.text) and self.text[at] in signs:
            at += 1
        self._go(at)

    def _take(self, end: int, *, program: bool = False) -> Line:
        """The text up to there as a piece."""
        start, row = self.at, self.row
        text = self.text[start:end]
        joints = [(0, row, start - self.begin + 1)]
        self._go(end)
        if program:
            text = "\n".join("" if one.strip(BLANKS) == "\\" and i else one for i, one in enumerate(text.split("\n")))
        at = text.find("\n")
        while at >= 0:
            joints.append((at + 1, joints[-1][1] + 1, 1))
            at = text.find("\n", at + 1)
        return Line(row, text, tuple(joints))

    def _go(self, at: int) -> None:
        newlines = self.text.count("\n", self.at, at)
        if newlines:
            self.row += newlines
            self.begin = self.text.rfind("\n", self.at, at) + 1
        self.at = at
