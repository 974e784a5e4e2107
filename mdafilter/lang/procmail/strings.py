"""Strings of a procmailrc, quoted as in the shell: assignments, paths, addresses, `* $` conditions (procmailrc(5)).

    'text'              as it is
    "text $NAME `cmd`"  variables and commands in it; a backslash keeps " $ ` and \\ as they are
    text\\ more          outside of quotes a backslash keeps any character
    $NAME ${NAME} ${NAME-text} ${NAME:-text} ${NAME+text} ${NAME:+text} $1
    `command`           what the command writes; the shell has our variables in its environment

In:    a text and where the string begins in it.
Out:   a Spelled: the Text, the commands that must be run before it is expanded, and where it ends.
Fails: Unknown for what is not understood, with the feature's name and the offset.
"""

from __future__ import annotations

from mdafilter.texts import Either, Template, Var
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.texts import Text

RARE = {
    "$": "the process number ($$)",
    "?": "the last exit status ($?)",
    "#": "the number of arguments ($#)",
    "@": 'all arguments ("$@")',
    "-": "the last folder ($-)",
    "_": "the name of the file ($_)",
    "=": "the last score ($=)",
    "\\": "variables that are quoted for expressions ($\\NAME)",
}


class Unknown(Exception):
    """A feature that is not known, and where it stands."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.text = text
        self.at = at


class Spelled(Value):
    """A string: its text, the commands in it as (hidden variable, command line), and the offset behind it."""

    text: Text
    commands: tuple[tuple[str, str], ...]
    end: int


class Reader:
    """Reads one string after the other from a text. `first` numbers the hidden variables of commands."""

    def __init__(self, text: str, at: int = 0, *, first: int = 0) -> None:
        self.source = text
        self.at = at
        self.parts: list[str | Var | Either] = []
        self.commands: list[tuple[str, str]] = []
        self.first = first

    def word(self) -> Spelled:
        """Up to a blank that stands outside of quotes."""
        while self.at < len(self.source) and self.source[self.at] not in " \t":
            c = self.source[self.at]
            if c == "'":
                end = self._closing("'")
                self._add(self.source[self.at + 1 : end])
                self.at = end + 1
            elif c == '"':
                self.at += 1
                self._quoted('"')
                self.at += 1
            elif c == "\\" and self.at + 1 < len(self.source):
                self._add(self.source[self.at + 1])
                self.at += 2
            else:
                self._plain(c)
        return self._spelled()

    def rest(self) -> Spelled:
        """All that is left, as if it stood between double quotes."""
        self._quoted("")
        return self._spelled()

    def _quoted(self, end: str) -> None:
        """Up to the sign `end`; "" is the end of the text."""
        while self.at < len(self.source) and (not end or self.source[self.at] != end):
            c, following = self.source[self.at], self.source[self.at + 1 : self.at + 2]
            if c == "\\" and following and following in '\\"$`':
                self._add(following)
                self.at += 2
            else:
                self._plain(c)
        if end and self.at >= len(self.source):
            raise Unknown(f"a {end} that is never closed", self.at)

    def _plain(self, c: str) -> None:
        """One character, variable or command, which mean the same in double quotes and outside."""
        if c == "$":
            self.parts.append(self._variable())
        elif c == "`":
            end = self._closing("`")
            name = f"`{self.first + len(self.commands)}"
            self.commands.append((name, self.source[self.at + 1 : end].replace("\\`", "`")))
            self.parts.append(Var(name))
            self.at = end + 1
        else:
            self._add(c)
            self.at += 1

    def _variable(self) -> str | Var | Either:
        start = self.at + 1
        if self.source.startswith("{", start):
            return self._braces(start + 1)
        if self.source[start : start + 1].isdecimal():
            self.at = start + 1
            return Var(f"${self.source[start]}")
        end = _name_end(self.source, start)
        if end == start:
            if feature := RARE.get(self.source[start : start + 1]):
                raise Unknown(feature, self.at)
            self.at = start
            return "$"
        self.at = end
        return Var(self.source[start:end])

    def _braces(self, start: int) -> Var | Either:
        end = _name_end(self.source, start)
        name = self.source[start:end]
        sign = next((s for s in (":-", ":+", "-", "+") if self.source.startswith(s, end)), "")
        close = self._matching(end)
        if not name or (not sign and close != end):
            raise Unknown("this form of a variable (${...})", self.at)
        self.at = close + 1
        if not sign:
            return Var(name)
        inner = Reader(self.source[end + len(sign) : close], first=self.first + len(self.commands)).rest()
        self.commands += inner.commands
        return Either(name, sign, inner.text)

    def _matching(self, at: int) -> int:
        depth = 1
        for i in range(at, len(self.source)):
            depth += {"{": 1, "}": -1}.get(self.source[i], 0)
            if not depth:
                return i
        raise Unknown("a { that is never closed", self.at)

    def _closing(self, sign: str) -> int:
        end = self.source.find(sign, self.at + 1)
        while sign == "`" and end > 0 and self.source[end - 1] == "\\":
            end = self.source.find(sign, end + 1)
        if end < 0:
            raise Unknown(f"a {sign} that is never closed", self.at)
        return end

    def _add(self, text: str) -> None:
        self.parts.append(text)

    def _spelled(self) -> Spelled:
        parts, self.parts = _joined(self.parts), []
        commands, self.commands = tuple(self.commands), []
        self.first += len(commands)
        constant = all(isinstance(p, str) for p in parts)
        text: Text = "".join(str(p) for p in parts) if constant else Template(tuple(parts))
        return Spelled(text, commands, self.at)


def words(text: str, *, first: int = 0) -> list[Spelled]:
    """All strings of a text, divided by blanks."""
    reader = Reader(text, first=first)
    found: list[Spelled] = []
    while True:
        while text[reader.at : reader.at + 1] in (" ", "\t"):
            reader.at += 1
        if reader.at >= len(text):
            return found
        found.append(reader.word())


def _name_end(text: str, at: int) -> int:
    while at < len(text) and text[at].isascii() and (text[at].isalnum() or text[at] == "_"):
        at += 1
    return at


def _joined(parts: list[str | Var | Either]) -> list[str | Var | Either]:
    out: list[str | Var | Either] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
            continue
        if run:
            out.append("".join(run))
            run = []
        out.append(part)
    if run:
        out.append("".join(run))
    return out
