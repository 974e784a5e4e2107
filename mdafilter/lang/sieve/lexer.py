"""Text of a script -> tokens (RFC 5228 section 8.1).

In:    the octets of a script, with or without a byte order mark, lines end in CRLF or LF. Strings and comments "will
       normally be in UTF-8" (section 2.1); octets that are none are lone surrogates, as Python's file names have them.
Out:   Tokens, the last one of kind "end". Strings are unescaped and dot-unstuffed, their line ends CRLF (section 2.2
       knows no other); what `${...}` means in them is the business of strings.py.
Fails: never; errors are reported, and what is wrong becomes the token that was probably meant, or one of kind "bad".

Kinds: "name" (identifier), "tag", "number", "string", the separators `; { } ( ) [ ] ,` each by itself, "bad", "end".
The end token of a script whose last string or comment is never closed has the value "cut": what the parser misses then
is no error of its own.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.sieve.problems import Problems
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

SEPARATORS = frozenset(";{}()[],")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
DIGITS = frozenset("0123456789")
QUANTIFIERS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}  # section 2.4.1: powers of two
LARGEST = (1 << 64) - 1  # section 2.4.1: "MAY support larger values" than 2^31 - 1
CLOSING = {"'": "'", "‘": "’", "’": "’", "“": "”", "”": "”", "„": "“", "«": "»", "`": "`"}  # quotes that are none
ATTEMPTS = 8  # to find out which closing quotes are missing
_BLANKS = frozenset(" \t\n")
_ODD_BLANKS = frozenset("\u00a0\u2007\u202f\u200b\ufeff\u2009\u3000\x0b\x0c")
_NAME = LETTERS | DIGITS


class Token(Value):
    """One token: `value` is the lower-case name or tag, the string, or the number; offsets count characters."""

    kind: str
    value: str
    start: int
    end: int
    line: int
    column: int

    @property
    def number(self) -> int:
        return int(self.value)


def decode(script: bytes, file: str) -> tuple[str, Problems]:
    """The text with LF as line end, and the Problems to report to. What cannot stand in a script is replaced."""
    script = script[3:] if script.startswith(b"\xef\xbb\xbf") else script
    wrong = -1
    try:
        text = script.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong = len(script[: error.start].decode("utf-8").replace("\r\n", "\n"))
        text = script.decode("utf-8", "surrogateescape")
        octet = script[error.start]
    text = text.replace("\r\n", "\n")
    problems = Problems(file, text)
    if wrong >= 0:  # section 2.4.2: "implementations MUST accept all strings that match the grammar"
        hint = "it is compared as that octet; for a letter convert the script, for instance: iconv -f latin1 -t utf-8"
        problems.warn(_spot(wrong), f"octet 0x{octet:02x} is not valid UTF-8", hint)
    for character, name, hint in (
        ("\0", "NUL", 'where it is really meant, require "encoded-character" and write ${hex:00}'),
        ("\r", "a carriage return without line feed", "lines end in CRLF or LF"),
    ):
        if (offset := text.find(character)) >= 0:
            problems.error(_spot(offset), f"{name} cannot stand in a script (RFC 5228 section 2.1)", hint)
            text = text.replace(character, " ")
    return text, problems


def tokens(text: str, problems: Problems) -> list[Token]:
    """All tokens of a decoded script."""
    suspects: frozenset[int] = frozenset()
    first: tuple[Problems, list[Token]] | None = None
    for _pass in range(ATTEMPTS):
        lexer = _Lexer(text, problems.apart(), suspects)
        found = lexer.all()
        first = first or (lexer.problems, found)
        suspect = _suspect(text, found, lexer.unclosed)
        if suspect is None:
            if not lexer.unclosed:
                first = lexer.problems, found
            break
        suspects |= {suspect}
    assert first is not None
    problems.take(first[0])
    return first[1]


def _suspect(text: str, found: list[Token], unclosed: bool) -> int | None:
    """Where a string begins whose closing quote is missing, so that inside and outside are the wrong way round.

    The sign: the last string never ends, or a letter follows a quote. The culprit: the first string that swallows what
    looks like the end of a command.
    """
    swallowing = None
    for token in found:
        if token.kind != "string" or text[token.start] != '"':
            continue
        line, broken, _rest = text[token.start : token.end].partition("\n")
        adjoins = token.end < len(text) and text[token.end] in LETTERS and (";" in token.value or "{" in token.value)
        if swallowing is None and (adjoins or (broken and line.rstrip().endswith((";", "{", ",")))):
            swallowing = token.start
        if adjoins:
            return swallowing
    return swallowing if unclosed else None


def _spot(offset: int) -> Token:
    return Token("bad", "", offset, offset + 1, 0, 0)


class _Lexer:
    """A walk over the text. `self.at` is the offset of the next character; each method leaves it behind its token."""

    def __init__(self, text: str, problems: Problems, suspects: frozenset[int] = frozenset()) -> None:
        self.suspects = suspects  # offsets of strings whose closing quote is missing
        self.unclosed = False  # whether the last string never ends
        self.text = text
        self.problems = problems
        self.at = 0
        self.cut = False
        self.found: list[Token] = []
        self._line, self._line_start, self._counted = 1, 0, 0
        self._quote = -1  # the next double quote, so that it is looked for once

    def all(self) -> list[Token]:
        text, size = self.text, len(self.text)
        while self.at < size:
            character = text[self.at]
            if character in _BLANKS:
                self.at += 1
            elif character in SEPARATORS:
                self._add(character, character, self.at, self.at + 1)
            elif character in LETTERS:
                self._name()
            elif character == '"':
                self._string()
            elif character == ":":
                self._tag()
            elif character in DIGITS:
                self._number()
            else:
                self._other(character)
        self._add("end", "cut" if self.cut else "", size, size)
        return self.found

    def _add(self, kind: str, value: str, start: int, end: int) -> None:
        newlines = self.text.count("\n", self._counted, start)
        if newlines:
            self._line += newlines
            self._line_start = self.text.rfind("\n", self._counted, start) + 1
        self._counted = start
        self.found.append(Token(kind, value, start, end, self._line, start - self._line_start + 1))
        self.at = end

    def _while(self, wanted: frozenset[str], start: int) -> int:
        text, size = self.text, len(self.text)
        while start < size and text[start] in wanted:
            start += 1
        return start

    def _error(self, start: int, end: int, text: str, hint: str = "") -> None:
        self.problems.error(Token("bad", "", start, end, 0, 0), text, hint)

    def _name(self) -> None:
        start, end = self.at, self._while(_NAME, self.at)
        name = self.text[start:end].lower()
        if name == "text" and self.text.startswith(":", end):
            self._multi_line(end + 1)
        else:
            self._add("name", name, start, end)

    def _tag(self) -> None:
        start = self.at
        end = self._while(_NAME, start + 1)
        if end == start + 1 or self.text[start + 1] in DIGITS:
            self._error(
                start, end, "a tag's name is missing after `:`", "a tag is written like :contains, without blank"
            )
            self._add("bad", ":", start, end)
        else:
            self._add("tag", self.text[start:end].lower(), start, end)

    def _number(self) -> None:
        start = self.at
        digits = self._while(DIGITS, start)
        end = self._while(_NAME, digits)
        suffix = self.text[digits:end].lower()
        if suffix and suffix not in QUANTIFIERS:
            self._error(start, end, f"`{_short(self.text[start:end])}` is no number", "a number may end in K, M or G")
            suffix = ""
        text = self.text[start:digits].lstrip("0")
        value = int(text or "0") * QUANTIFIERS.get(suffix, 1) if len(text) <= 20 else LARGEST + 1
        if value > LARGEST:
            self._error(start, end, "this number is too large", f"the largest is {LARGEST} (16 EiB - 1)")
            value = 0
        self._add("number", str(value), start, end)

    def _string(self) -> None:
        """A quoted string: a backslash stands before the character that is meant (section 2.4.2)."""
        text, start = self.text, self.at
        if start in self.suspects:
            self._quoteless(start)
            return
        pieces: list[str] = []
        at = start + 1
        while True:
            if self._quote < at:
                self._quote = text.find('"', at)
                if self._quote < 0:
                    self.unclosed = True
                    self._never_closed(start, "this string is never closed", 'a string ends with "')
                    return
            escape = text.find("\\", at, self._quote)
            if escape < 0:
                break
            pieces.append(text[at:escape])
            pieces.append(text[escape + 1])  # a quote follows somewhere, so there is such a character
            at = escape + 2
        pieces.append(text[at : self._quote])
        self._text("".join(pieces), start, self._quote + 1)

    def _quoteless(self, start: int) -> None:
        """A string whose closing quote is missing: it ends before what looks like the end of the command."""
        line = self.text[start : start + 1000].partition("\n")[0]
        ends = [at for mark in ";{" if (at := line.find(mark)) > 0]
        line = line[: min(ends)].rstrip() if ends else line.rstrip().rstrip(",")
        self._error(start, start + len(line), "this string is never closed", 'a string ends with "')
        self._add("string", line[1:], start, start + len(line))

    def _multi_line(self, at: int) -> None:
        """`text:`, up to a line with nothing but a dot. The line end before the dot is part of the value."""
        text, start = self.text, self.at
        at = self._while(frozenset(" \t"), at)
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        if at < line_end and text[at] != "#":
            self._error(
                at, line_end, "the text begins on the line after `text:`", "only a # comment may follow on that line"
            )
        stop = text.find("\n.\n", line_end)
        end = stop + 2
        if stop < 0 and text.endswith("\n.") and len(text) - 2 >= line_end:
            stop, end = len(text) - 2, len(text)
        if stop < 0:
            self._never_closed(start, "this `text:` is never closed", "it ends with a line that has only a dot")
            return
        # Section 2.4.2: "these extra dots are removed"; ".foo" stays ".foo"
        self._text(text[line_end : stop + 1].replace("\n..", "\n.")[1:], start, end)

    def _text(self, value: str, start: int, end: int) -> None:
        if len(value) > limits.STRING_OCTETS:
            self._error(start, end, f"this string is longer than {limits.STRING_OCTETS} characters", "shorten it")
            value = ""
        self._add("string", value.replace("\n", "\r\n"), start, end)

    def _never_closed(self, start: int, text: str, hint: str) -> None:
        self._error(start, start + 1, text, hint)
        self.cut = True
        self.at = len(self.text)

    def _other(self, character: str) -> None:
        """Comments, and what is no token at all."""
        text, start = self.text, self.at
        if character == "#":
            end = text.find("\n", start)
            self.at = len(text) if end < 0 else end
        elif text.startswith("/*", start):
            end = text.find("*/", start + 2)
            if end < 0:
                self._never_closed(start, "this comment is never closed", "it ends with */")
            else:
                self.at = end + 2
        elif character in _ODD_BLANKS:
            self.at = self._while(_ODD_BLANKS, start)
            self._error(start, self.at, f"character U+{ord(character):04X} is no blank here", "write a plain blank")
        elif character in CLOSING and self._other_quotes(character):
            pass  # reported there
        else:
            self._bad(character)

    def _other_quotes(self, opening: str) -> bool:
        """'x' or typographic quotes: reported, and taken for the string that was meant."""
        start = self.at
        line_end = min(len(self.text), start + 200)  # no search over the whole script for each of many
        line_end = (self.text.find("\n", start, line_end) + line_end + 1) % (line_end + 1)
        ends = [e for c in {CLOSING[opening], opening} if (e := self.text.find(c, start + 1, line_end)) >= 0]
        if not ends:
            return False
        end = min(ends) + 1
        self._error(
            start, end, f"a string cannot begin with {opening}", 'strings are written in straight double quotes: "'
        )
        self._add("string", self.text[start + 1 : end - 1], start, end)
        return True

    def _bad(self, character: str) -> None:
        start = self.at
        end = start + 1
        special: Callable[[str], bool] = (LETTERS | DIGITS | SEPARATORS | _BLANKS | frozenset('":#')).__contains__
        while end < len(self.text) and not special(self.text[end]):
            end += 1
        hint = _HINTS.get(character, 'strings stand in ", comments behind # or in /* */')
        self._error(start, end, f"`{_short(self.text[start:end])}` cannot stand here", hint)
        self._add("bad", self.text[start:end], start, end)


_HINTS = {
    "-": "numbers have no sign (RFC 5228 section 2.4.1)",
    ".": "numbers have no fraction (RFC 5228 section 2.4.1)",
    "/": "a comment is # to the end of the line, or /* ... */",
    "&": "write allof (test, test)",
    "|": "write anyof (test, test)",
    "!": "write not before the test",
    "=": 'write a test like: header :is "subject" "text"',
    "$": 'a variable is written inside of a string: "${name}"',
}


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
