"""Perl-compatible patterns of Postfix pcre tables in Python's spelling (pcre2pattern(3)).

Python's own language is nearly the same, so most of a pattern passes through. What differs is translated:

    \\z \\Z \\G \\K \\h \\H \\v \\V \\R \\N \\C \\X \\e \\cA \\x{41} \\o{101} \\101 \\Q...\\E \\p{Lu} [[:^alpha:]]
    \\g{1} \\g{-1} \\g{name} \\k<name>   a group once more
    (?<name>...) (?'name'...)         groups with names
    (?i) (?^) (?U) (?x) ...           flags from here to the end of the group, and in its other alternatives
    (?<=a|bc)                         alternatives of different lengths that stand before

Postfix has no UTF mode for them: a character is an octet, as in the texts that tables look at (ISO 8859-1). \\K changes
nothing but what $0 would be, which Postfix does not have.

In:    the pattern. `translate` fills a Draft; its options are patterns.compile's.
Fails: PatternError with the offset of the mistake; the rest of the mistakes are found when Python compiles the pattern.
Bugs:  recursion, subroutines, verbs like (*SKIP), callouts, branch reset (?|...), scripts like \\p{Greek} and
       references to groups that come later are errors: Python has nothing for them. {,2} is what it was before PCRE2
       10.43, four characters, and has a warning.
"""

from __future__ import annotations

from mdafilter.matching.characters import ESCAPES, SETS, character, enclosed, named, property_
from mdafilter.matching.patterns import PatternError
from mdafilter.matching.posix import in_set, literal
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.matching.patterns import Draft

OPENERS = (":", "=", "!", "<=", "<!", ">", "(")  # what may follow "(?" as it stands
FLAGS = "imsxU"  # that a (?...) may turn on; J changes nothing as long as no name is used twice

NEWER = "PCRE2 takes this for a repetition from 10.43 on, and for characters before, as is done here:"


class Frame:
    """An open group while its content is translated, with the flags that are in force in it."""

    def __init__(self, on: frozenset[str], bar: str = "|", end: str = ")") -> None:
        self.on = on  # of FLAGS
        self.bar = bar  # what an alternative begins with
        self.end = end
        self.inner = ""  # a group that was opened for flags, to be closed and opened again at each alternative

    @property
    def closed(self) -> str:
        """What closes that group."""
        return ")" if self.inner else ""


class Translation:
    """One pattern on its way into a Draft."""

    def __init__(self, pattern: str, draft: Draft, newline: bool) -> None:
        self.pattern = pattern
        self.draft = draft
        self.at = 0
        self.groups = 0  # that capture, so far
        on = {"i": draft.ignore_case, "m": newline, "s": "s" not in draft.options}
        on |= {flag: flag in draft.options for flag in "xU"}
        self.frames = [Frame(frozenset(flag for flag in FLAGS if on[flag]))]

    def run(self) -> None:
        """All of it."""
        while self.at < len(self.pattern):
            start = self.at
            self.draft.mark(self.next(), start)
        self.draft.mark(self.frames[0].closed, len(self.pattern))

    def next(self) -> str:
        """What stands at the place where we are, in Python's spelling; moves on."""
        pattern, at, frame = self.pattern, self.at, self.frames[-1]
        c = pattern[at]
        self.at += 1
        if c == "\\":
            return self.escape(at)
        if c == "[":
            return self.bracket(at)
        if c == "(":
            return self.open(at)
        if c == ")":
            return self.close(at)
        if c == "|":
            return frame.closed + frame.bar + frame.inner
        if c == "$" and "E" in self.draft.options and "m" not in frame.on:  # pcre_table(5): "ignored if ... MULTILINE"
            return "\\Z"
        if c in "*+?" or (c == "{" and _interval(pattern, at)):
            return self.repetition(at)
        if c == "{":  # Python knows {,2} as well, PCRE2 from 10.43 on
            if clear := _newer_interval(pattern, at):
                self.draft.warnings.append((f"{NEWER} write {clear}, or \\{{ for the character", at))
            return "\\{"
        if "x" in frame.on and c in " \t\n\v\f\r":
            return ""
        if "x" in frame.on and c == "#":
            self.at = pattern.find("\n", at) + 1 or len(pattern)
            return ""
        return c

    def repetition(self, at: int) -> str:
        """A repetition with the ? or + behind it. Flag U turns the meaning of the ? round."""
        self.at = _interval(self.pattern, at) or at + 1
        text, behind = self.pattern[at : self.at], self.pattern[self.at : self.at + 1]
        if behind == "+":
            self.at += 1
            return text + "+"
        self.at += behind == "?"
        return text + "?" * ((behind == "?") != ("U" in self.frames[-1].on))

    # --- groups ---

    def open(self, at: int) -> str:
        """What begins with a parenthesis."""
        pattern, on = self.pattern, self.frames[-1].on
        if pattern.startswith("*", self.at):
            raise PatternError("verbs like (*SKIP) are not supported", at)
        if not pattern.startswith("?", self.at):
            self.groups += 1
            self.frames.append(Frame(on))
            return "("
        if pattern.startswith("?#", self.at):
            self.at = pattern.find(")", at) + 1 or _raise("a (?# without a )", at)
            return ""
        rest = pattern[at + 2 : at + 5]
        for before, after in (("P<", ">"), ("<", ">"), ("'", "'")):
            if rest.startswith(before) and not rest.startswith(("<=", "<!")):
                end = pattern.find(after, at + 2 + len(before))
                self.at = end + 1 or _raise(f"a (?{before} without a {after}", at)
                self.groups += 1
                self.frames.append(Frame(on))
                return f"(?P<{pattern[at + 2 + len(before) : end]}>"
        if rest.startswith("P="):
            self.at = at + 4
            self.frames.append(Frame(on))
            return "(?P="
        for opener in OPENERS:
            if rest.startswith(opener):
                self.at = at + 2 + len(opener)
                return self.opened(opener, on)
        return self.flags(at)

    def opened(self, opener: str, on: frozenset[str]) -> str:
        """A group that captures nothing."""
        if opener == "(":  # (?(1)yes|no): the condition is read as it stands
            end = self.pattern.find(")", self.at) + 1 or _raise("a ( without a )", self.at - 1)
            condition = self.pattern[self.at : end - 1].strip("<>'")
            self.at = end
            self.frames.append(Frame(on))
            return f"(?({condition})"
        if opener == "<=":
            self.frames.append(Frame(on, ")|(?<=", "))"))
            return "(?:(?<="
        if opener == "<!":
            self.frames.append(Frame(on, ")(?<!", "))"))
            return "(?:(?<!"
        self.frames.append(Frame(on))
        return f"(?{opener}"

    def close(self, at: int) -> str:
        if len(self.frames) == 1:
            raise PatternError("a ) without a (", at)
        frame = self.frames.pop()
        return frame.closed + frame.end

    def flags(self, at: int) -> str:
        """(?i-s) and (?i-s:...): Python knows the second for some of the flags."""
        letters, end = "", at + 2
        while self.pattern[end : end + 1] in {*FLAGS, "J", "^", "-"}:
            letters += self.pattern[end]
            end += 1
        closing = self.pattern[end : end + 1]
        if closing not in (")", ":") or "^" in letters[1:] or letters.count("-") > 1 or "xx" in letters:
            raise PatternError(f"(?{self.pattern[at + 2 : at + 3]} is not supported", at)
        self.at = end + 1
        frame = self.frames[-1]
        plus, _, minus = letters.removeprefix("^").partition("-")
        if letters.startswith("^"):  # "unset imnsx flags"
            minus += "".join(flag for flag in "imsx" if flag not in plus)
        on = (frame.on | set(plus)) - set(minus)
        turned, off = ("".join(f for f in "ims" if (f in on) == wanted) for wanted in (True, False))
        group = f"(?{turned}{'-' * bool(off)}{off}:"
        if closing == ":":
            self.frames.append(Frame(on))
            return group
        before = frame.closed
        frame.on, frame.inner = on, group
        return before + group

    # --- escapes ---

    def escape(self, at: int) -> str:
        """A backslash and what it says."""
        c = self.pattern[self.at : self.at + 1]
        self.at += 1
        match c:
            case "":
                raise PatternError("a backslash at the end", at)
            case "Q":
                end = self.pattern.find("\\E", self.at)
                quoted = self.pattern[self.at : end if end >= 0 else None]
                self.at = end + 2 if end >= 0 else len(self.pattern)
                return "".join(map(literal, quoted))
            case "g":
                return self.reference(at)
            case "k":
                name, self.at = enclosed(self.pattern, at, self.at, "{}", "<>", "''")
                return f"(?P={name})"
            case "x" | "o" | "c" | "0":
                return self.character(at)
            case _ if "1" <= c <= "9":
                return self.number(at)
            case "p" | "P":
                return f"(?-i:[{self.property(at)}])"
        return ESCAPES.get(c, "\\" + c)

    def reference(self, at: int) -> str:
        """\\g1, \\g{1}, \\g{-1}, \\g{name}."""
        if self.pattern[self.at : self.at + 1] in ("<", "'"):
            raise PatternError("subroutines are not supported", at)
        if self.pattern.startswith("{", self.at):
            name, self.at = enclosed(self.pattern, at, self.at, "{}")
        else:
            start = self.at
            self.at += self.pattern.startswith(("-", "+"), start)
            while "0" <= self.pattern[self.at : self.at + 1] <= "9":
                self.at += 1
            name = self.pattern[start : self.at]
        digits = name.removeprefix("-")
        if not digits.isdecimal():
            return f"(?P={name})"
        number = int(digits[:5])
        return self.group(number if digits == name else self.groups + 1 - number, at)

    def number(self, at: int) -> str:
        """\\1: a group that was before, or else up to three octal digits of a character."""
        end = at + 1
        while "0" <= self.pattern[end : end + 1] <= "9":
            end += 1
        number = int(self.pattern[at + 1 : min(end, at + 5)])
        if number >= 10 and number > self.groups and self.pattern[at + 1] not in "89":
            return self.character(at)
        self.at = end
        return self.group(number, at)

    def group(self, number: int, at: int) -> str:
        """A group once more; Python takes \\100 for a character."""
        if not 0 < number <= min(self.groups, 99):
            raise PatternError(f"there is no group {number} before this", at)
        return f"(?:\\{number})"

    def character(self, at: int) -> str:
        text, self.at = character(self.pattern, at)
        return text

    def property(self, at: int) -> str:
        text, self.at = property_(self.pattern, at)
        return text

    # --- brackets ---

    def bracket(self, start: int) -> str:
        """A class of characters: backslash escapes work in it, and [:name:]."""
        pattern = self.pattern
        negated = pattern.startswith("^", self.at)
        self.at += negated
        out, first = ["[^" if negated else "["], self.at
        while not (pattern.startswith("]", self.at) and self.at > first):
            at = self.at
            if at >= len(pattern):
                raise PatternError("a [ without a ]", start)
            if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) >= 0:
                out.append(named(pattern[at + 2 : end], at))
                self.at = end + 2
            elif pattern[at] == "\\":
                out.append(self.escape_in_set(at))
            else:
                self.at += 1
                out.append("-" if pattern[at] == "-" else in_set(pattern[at]))
        self.at += 1
        return "".join(out) + "]"

    def escape_in_set(self, at: int) -> str:
        self.at = at + 2
        c = self.pattern[at + 1 : at + 2]
        if c in ("x", "o", "c") or "0" <= c <= "7":
            return self.character(at)
        if c in ("p", "P"):
            return self.property(at)
        if c in ("", "Q", "E", "N", "R", "X", "B", "8", "9"):
            raise PatternError(f"\\{c} is not supported inside of brackets", at)
        return SETS.get(c, "\\" + c)


def translate(pattern: str, draft: Draft, newline: bool) -> None:
    """The whole pattern. `newline` is Python's MULTILINE, which the caller sets."""
    Translation(pattern, draft, newline).run()


def _interval(pattern: str, at: int) -> int:
    """The offset behind a repetition {n}, {n,} or {n,m}; 0 where the { is a character."""
    end = pattern.find("}", at, at + 16) + 1
    least, comma, most = pattern[at + 1 : max(end - 1, at + 1)].partition(",")
    digits = least.isdecimal() and (most.isdecimal() or not most) and (least + most).isascii()
    return end if digits and (comma or not most) else 0


def _raise(text: str, at: int) -> int:
    raise PatternError(text, at)


def _newer_interval(pattern: str, at: int) -> str:
    """{,n}, or a repetition with blanks, in the spelling of all versions; "" where PCRE2 10.43 has changed nothing."""
    inner = pattern[at + 1 : max(pattern.find("}", at, at + 16), at + 1)].replace(" ", "").replace("\t", "")
    clear = f"{{{'0' if inner.startswith(',') else ''}{inner}}}"
    return clear if inner != "," and _interval(clear, 0) else ""
