"""Strings of a procmailrc, quoted as in the shell: assignments, paths, addresses, commands, `* $` (procmailrc(5)).

    'text'              as it is
    "text $NAME `cmd`"  variables and commands in it; a backslash keeps " $ ` and \\ as they are
    text\\ more          outside of quotes a backslash keeps any character; before a newline it is nothing, here too
    $NAME ${NAME} ${NAME-text} ${NAME:-text} ${NAME+text} ${NAME:+text}
    $0 $1 ... $#        the arguments of the delivery, of which there is one: the extension of the address
    $$ $? $- $_ $=      the process number, the last exit status, the last folder, this file, the last score
    $\\NAME              NAME, quoted for regular expressions
    `command`           what the command writes; the shell has our variables in its environment

A $ before anything else is a $, and so `$(` begins no command. Other forms of ${...} are Unknown.

In:    a text and where the string begins in it.
Out:   a Spelled: the Text, or the Arguments of a whole line; the commands that are run before it; and where it ends.
Fails: Unknown for what is not understood, with the feature's name and the offset. Linear in the length.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.texts import Either, Template, Var
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.arguments import All, Arguments, Choice, Gap, Unquoted
from mdafilter.words.command import METAS, Command

if TYPE_CHECKING:
    from mdafilter.texts import Text
    from mdafilter.words.arguments import Part

BLANKS = " \t\n"
# signs behind a $, and the variables that have them
SPECIAL = {"$": "$$", "?": "$?", "#": "$#", "=": "$=", "-": "LASTFOLDER"}


FORMS = "procmail has ${NAME}, ${NAME-text}, ${NAME:-text}, ${NAME+text} and ${NAME:+text}"
TO_THE_END = "procmail takes all that follows for a part of it"


class Unknown(Exception):
    """What is not understood, where it stands, and what to do; `broken`: it is no feature, but a mistake."""

    def __init__(self, text: str, at: int, hint: str = "", *, broken: bool = False) -> None:
        super().__init__(text)
        self.text = text if broken else f"not supported yet: {text}"
        self.at = at
        self.hint = hint


class Spelled(Value):
    """A string: its text, the commands in it as (hidden variable, command), and the offset behind it."""

    text: Text
    commands: tuple[tuple[str, Command], ...]
    end: int


class Several(Value):
    """All words of a line, as a Spelled is one."""

    words: Arguments
    commands: tuple[tuple[str, Command], ...]
    end: int


class Reader:
    """Reads one string after the other from a text. `first` numbers the hidden variables of commands.

    `folder`: a # ends the first word, too, as it does for procmail where a word may turn out to be a folder.
    """

    def __init__(self, text: str, at: int = 0, *, first: int = 0, file: str = "", folder: bool = False) -> None:
        self.source = text
        self.at = at
        self.parts: list[Part] = []
        self.commands: list[tuple[str, Command]] = []
        self.first = first
        self.file = file
        self.folder = folder
        self.depth = 0
        self.wrong: Unknown | None = None  # the first of them
        self.parenthesis = -1  # where the first $( stands

    def word(self) -> Spelled:
        """Up to a blank that stands outside of quotes."""
        self._read(BLANKS)
        return self._spelled()

    def word_end(self) -> int:
        """Where that is, whatever the word means."""
        self._read(BLANKS)
        return self.at

    def rest(self) -> Spelled:
        """All that is left, as if it stood between double quotes."""
        self._read("", '"')
        return self._spelled()

    def line(self) -> Several:
        """All words up to the end of the line or a comment."""
        self.line_end()
        self._raise()
        parts = _joined(self.parts)
        if parts and isinstance(parts[-1], Gap):
            parts.pop()
        found = Several(Arguments(tuple(parts)), tuple(self.commands), self.at)
        self._clear()
        return found

    def line_end(self) -> int:
        """Where that is, whatever the words mean."""
        while self.at < len(self.source):
            c = self.source[self.at]
            if c == "\n" or (c == "#" and (self.folder or not self.parts or isinstance(self.parts[-1], Gap))):
                break
            if c in BLANKS:
                if self.parts:
                    self.parts.append(Gap())
                    self.folder = False
                self.at += 1
            elif self.source.startswith("\\\n", self.at):
                self.at += 2
            else:
                self._read(BLANKS + "#" * self.folder)
        return self.at

    # --- pieces ------------------------------------------------------------------------------------------------------

    def _read(self, until: str, quote: str = "") -> None:
        """Adds what comes up to one of the signs `until` that stands outside of quotes; "" is the end of the text.

        Within a quoted ${...} quotes are nothing but themselves.
        """
        start, outer = self.at, quote
        within = until == "}"
        while self.at < len(self.source):
            c = self.source[self.at]
            if c in until and (not quote or (within and quote == outer)):
                return
            if c == '"' and not (within and outer):
                quote = "" if quote else '"'
                self.parts.append("")  # an empty word is one, too
                start = self.at
                self.at += 1
            elif c == "'" and not quote:
                end = self.source.find("'", self.at + 1)
                if end < 0:
                    self._note("a ' that is never closed", self.at, TO_THE_END)
                    end = len(self.source)
                self.parts.append(self.source[self.at + 1 : end])
                self.at = end + 1
            elif c == "\\":
                self._backslash(quote)
            elif c == "$":
                self._variable(quote)
            elif c == "`":
                self._command(quote)
            elif within and not quote and c in BLANKS:
                self.parts.append(Gap())
                self.at += 1
            else:
                self.parts.append(c)
                self.at += 1
        if quote and until and not within:
            self._note('a " that is never closed', start, TO_THE_END)

    def _backslash(self, quote: str) -> None:
        following = self.source[self.at + 1 : self.at + 2]
        at_start = not self.parts or isinstance(self.parts[-1], Gap)
        self.at += 2
        if following == "\n":
            return
        kept = following not in '\\"$`' if quote else following == "#" and not (at_start or self.folder)
        self.parts.append(f"\\{following}" if kept and following else following)

    def _command(self, quote: str) -> None:
        """`command`: within it a backslash keeps $ ` and \\ as they are, and a newline is nothing."""
        start, out = self.at, []
        self.at += 1
        keeps = '$`\\"' if quote else "$`\\"
        while self.at < len(self.source):
            c = self.source[self.at]
            if c == "`" or (c == '"' and quote):  # procmail takes the quote for the missing end
                break
            following = self.source[self.at + 1 : self.at + 2]
            if c == "\\" and following and following in keeps:
                out.append(following)
                self.at += 2
            elif c == "\\" and following == "\n":
                self.at += 2
            else:
                out.append(c)
                self.at += 1
        else:
            self._note("a ` that is never closed", start, TO_THE_END)
        self.at += 1
        name = f"`{self.first + len(self.commands)}"
        self.commands.append((name, command("".join(out), self.first + len(self.commands) + 1, self.file)))
        self.parts.append(Var(name) if quote else Unquoted(name))

    def _variable(self, quote: str) -> None:
        start = self.at + 1
        c = self.source[start : start + 1]
        end = _name_end(self.source, start)
        if c == "{":
            self._braces(start + 1, quote)
            return
        if c.isdecimal() and c.isascii():
            name, end = f"${c}", start + 1
        elif c == "_":  # $_ is this file, whatever follows
            self.parts.append(self.file)
            self.at = start + 1
            return
        elif c == "\\":
            end = _name_end(self.source, start + 1)
            self.parts.append(Var(f"\\{self.source[start + 1 : end]}"))
            self.at = end
            return
        elif end > start:
            name = self.source[start:end]
        elif c in SPECIAL and c:
            name, end = SPECIAL[c], start + 1
        elif c == "@":
            self.parts.append(All() if quote else "@")
            self.at = start + 1
            return
        else:
            if c == "(" and self.parenthesis < 0:
                self.parenthesis = self.at
            self.parts.append("$")
            self.at = start
            return
        self.at = end
        self.parts.append(Var(name) if quote else Unquoted(name))

    def _braces(self, start: int, quote: str) -> None:
        opened = start - 2
        end = _name_end(self.source, start)
        name = self.source[start:end]
        name = f"${name}" if name.isdecimal() and len(name) == 1 else name
        sign = next((s for s in (":-", ":+", "-", "+") if self.source.startswith(s, end)), "")
        if not name or name.isdecimal() or (not sign and not self.source.startswith("}", end)):
            self._note("this form of a variable (${...})", opened, FORMS, broken=False)
            self.at = start
            return
        if not sign:
            self.at = end + 1
            self.parts.append(Var(name) if quote else Unquoted(name))
            return
        self.at = end + len(sign)
        if self.depth >= limits.SCRIPT_NESTING:
            self._note(
                f"variables in variables more than {limits.SCRIPT_NESTING} deep",
                opened,
                "give what is inside to a variable of its own",
            )
            return
        outer, self.parts = self.parts, []
        self.depth += 1
        self._read("}", quote)
        self.depth -= 1
        if self.at >= len(self.source):
            self._note("a { that is never closed", opened, FORMS)
        self.at += 1
        inner, self.parts = tuple(_joined(self.parts)), outer
        self.parts.append(Choice(name, sign, inner, bool(quote)))

    def _note(self, text: str, at: int, hint: str = "", *, broken: bool = True) -> None:
        if self.wrong is None:
            self.wrong = Unknown(text, at, hint, broken=broken)

    def _raise(self) -> None:
        if self.wrong is not None:
            raise self.wrong

    def _spelled(self) -> Spelled:
        self._raise()
        found = Spelled(_text(_joined(self.parts), self.at), tuple(self.commands), self.at)
        self._clear()
        return found

    def _clear(self) -> None:
        self.first += len(self.commands)
        self.parts, self.commands = [], []


def command(line: str, first: int = 0, file: str = "") -> Command:
    """A program with its arguments; what has a sign of the shell in it goes there as it stands, as does `test`."""
    if not METAS.isdisjoint(line) or line.split(None, 1)[:1] == ["test"]:
        return Command(line)
    try:
        found = Reader(line, first=first, file=file).line()
    except Unknown:
        return Command(line)  # procmail starts it all the same; the shell says what is wrong with it
    return Command(line, found.words, found.commands)


def _name_end(text: str, at: int) -> int:
    while at < len(text) and text[at].isascii() and (text[at].isalnum() or text[at] == "_"):
        at += 1
    return at


def _text(parts: list[Part], at: int) -> Text:
    """The parts as one text, which is never divided."""
    made: list[str | Var | Either] = []
    for part in parts:
        match part:
            case str() | Var():
                made.append(part)
            case Unquoted(name=name):
                made.append(Var(name))
            case Choice(name=name, sign=sign, parts=inner):
                made.append(Either(name, sign, _text(list(inner), at)))
            case Gap():
                raise Unknown("a blank in ${...} that stands in no quotes", at, 'write "${...}"', broken=True)
            case All():
                pass  # "$@" counts only among the arguments of a program
    if all(isinstance(part, str) for part in made):
        return "".join(map(str, made))
    return Template(tuple(part for part in made if part != ""))


def _joined(parts: list[Part]) -> list[Part]:
    """Texts that follow each other, and blanks, as one."""
    out: list[Part] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
            continue
        if run:
            out.append("".join(run))
            run = []
        if not (isinstance(part, Gap) and out and isinstance(out[-1], Gap)):
            out.append(part)
    if run:
        out.append("".join(run))
    return out
