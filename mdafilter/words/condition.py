"""A condition of a procmailrc, from its text: `* ...` (procmailrc(5), "Conditions"). No word of Sieve.

    [!] regexp              \\regexp                a backslash in front is taken off: it quotes the signs of this table
    [!] < size   > size     ? program
    NAME ?? ...             any of these on another area (area.py): H, B, HB, or a variable
    $ ...                   with variables and commands filled in, and then read again: they may be any of these
    w^x ...                 any of these, weighted (procmailsc(5)): what it adds is told by score.py

So what stands behind a `$` is known only when the rule runs, where it has variables in it: Evaluated reads it then.

In:    the text behind the `*`; the area and the case that the recipe's flags say; `fill` makes of a text behind `$`
       what its quotes and variables mean; `program` does that for a program.
Out:   a Condition. Never fails.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.command import Command
from mdafilter.words.grep import Grep, Length
from mdafilter.words.logic import Not
from mdafilter.words.run import Runs
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.decision import Answer
    from mdafilter.plan import Assignment, Condition, Scene
    from mdafilter.texts import Text

AREAS = {"H": "header", "B": "body", "HB": "both", "BH": "both"}
BLANKS = " \t\n"
DIGITS = tuple("0123456789")


class Searched(Value):
    """What a condition searches, and whether the case of letters counts; `named`: a `??` said so."""

    area: str
    ignore_case: bool = True
    named: bool = False


class Weighted(Value):
    """A condition that adds to a score. Of several weights the last one counts."""

    weight: float
    exponent: float
    test: Condition

    def ask(self, scene: Scene) -> Answer:
        """By itself it is the question that it weighs; words/score.py asks more."""
        return self.test.ask(scene)

    def describe(self) -> str:
        """The weight before the question."""
        return f"{self.weight:g}^{self.exponent:g} {self.test.describe()}"


class Evaluated(Value):
    """A condition with variables in it; `before` runs what stands between backquotes."""

    text: Text
    before: tuple[Assignment, ...]
    searched: Searched

    def ask(self, scene: Scene) -> Answer:
        """Asks what it is then."""
        return self.made(scene).ask(scene)

    def made(self, scene: Scene) -> Condition:
        """Fills the text in, and reads what it is then."""
        for assignment in self.before:
            assignment.assign(scene)
        return parse(scene.expand(self.text), self.searched)

    def describe(self) -> str:
        """The area and the text."""
        return f"{self.searched.area} has {quoted(self.text)}"


def parse(
    text: str,
    searched: Searched,
    fill: Callable[[str, int, Searched], Condition | str] | None = None,
    program: Callable[[str], Command] = Command,
) -> Condition:
    """The condition of a text. Without `fill` a `$` fills nothing in any more."""
    at, negated, weight = signs(text)
    while True:
        sign = text[at : at + 1]
        if sign == "$" and fill is not None:
            found = fill(text, at + 1, searched)
            if not isinstance(found, str):
                return weighted(found, negated, weight)
            text, at = found, -1
        elif sign == "$":
            pass
        elif (sign and sign in "?<>") or not (name := area_of(text, at)):
            break
        else:
            searched = searched.replace(area=AREAS.get(name, f"${name}"), named=True)
            at = text.index("??", at) + 1
        at, odd, last = signs(text, at + 1)
        negated, weight = negated != odd, last or weight
    return weighted(_plain(text, at, searched, program), negated, weight)


def signs(text: str, at: int = 0) -> tuple[int, bool, tuple[float, float] | None]:
    """Behind all blanks, ! and weights: the offset, whether the number of ! is odd, and the last weight."""
    negated, weight = False, None
    while True:
        if found := weight_at(text, at):
            weight, at = found[:2], found[2]
        elif text[at : at + 1] == "!":
            negated, at = not negated, at + 1
        elif text[at : at + 1] and text[at] in BLANKS:
            at += 1
        else:
            return at, negated, weight


def weighted(condition: Condition, negated: bool, weight: tuple[float, float] | None) -> Condition:
    """The condition with its signs."""
    test = Not(condition) if negated else condition
    return Weighted(*weight, test) if weight else test


def _plain(text: str, at: int, searched: Searched, program: Callable[[str], Command]) -> Condition:
    rest = text[at + 1 :].strip(BLANKS)
    match text[at : at + 1]:
        case "?":
            return Runs(program(rest), searched.area)
        case "<" | ">" as sign:
            return Length(searched.area if searched.named else "both", leading_number(rest), sign == ">")
    return Grep(searched.area, text[at:].removeprefix("\\"), searched.ignore_case)


def area_of(text: str, at: int) -> str:
    """The name before a `??`, or ""."""
    end = at
    while end < len(text) and text[end].isascii() and (text[end].isalnum() or text[end] == "_"):
        end += 1
    name = text[at:end]
    return name if text[end:].lstrip(" \t").startswith("??") and not name[:1].isdigit() else ""


def leading_number(text: str) -> int:
    """The number that a text begins with, as strtol(3) takes it; 0 where there is none."""
    digits = text.removeprefix("+").removeprefix("-") if text[:1] in ("+", "-") else text
    end = 0
    while end < len(digits) and digits[end] in "0123456789":
        end += 1
    value = int(digits[: min(end, 18)] or "0") if end <= 18 else 10**18
    return -value if text.startswith("-") else value


def weight_at(text: str, at: int) -> tuple[float, float, int] | None:
    """The w^x that a condition begins with, as in `* -1.5^0 regexp` (procmailsc(5)), and the offset behind it."""
    end = _number_end(text, at)
    if end < 0:
        return None
    sign = _behind_blanks(text, end)
    if text[sign : sign + 1] != "^":
        return None
    start = _behind_blanks(text, sign + 1)
    last = _number_end(text, start)
    return None if last < 0 else (_number(text[at:end]), _number(text[start:last]), last)


def _behind_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    return at


def _number(text: str) -> float:
    """A number "between -2147483647.0 and 2147483647.0 inclusive"."""
    value = float.fromhex(text) if "x" in text.lower() else float(text)
    return max(-limits.SCORE, min(limits.SCORE, value))


def _number_end(text: str, at: int) -> int:
    """The offset behind a number as strtod(3) takes it, or -1."""
    end = at + (text[at : at + 1] in ("+", "-"))
    is_hex = text[end : end + 2].lower() == "0x"
    start = end = end + 2 * is_hex
    digits = "0123456789abcdefABCDEF" if is_hex else "0123456789"
    points = 0
    while text[end : end + 1] and (text[end] in digits or (text[end] == "." and not points)):
        points += text[end] == "."
        end += 1
    if text[start:end].strip(".") == "":
        return -1
    if text[end : end + 1] in ("e", "E"):
        sign = text[end + 1 : end + 2] in ("+", "-")
        if text[end + 1 + sign : end + 2 + sign] in DIGITS:
            end += 2 + sign
            while text[end : end + 1] in DIGITS:
                end += 1
    return end


WORDS = ()
