"""A condition of a procmailrc, from its text: `* ...` (procmailrc(5), "Conditions"). No word of Sieve.

    [!] regexp              \\regexp                a backslash in front is taken off: it quotes the signs of this table
    [!] < size   > size     ? program
    NAME ?? ...             any of these on another area (area.py): H, B, HB, or a variable
    $ ...                   with variables and commands filled in, and then read again: they may be any of these

So what stands behind a `$` is known only when the rule runs, where it has variables in it: Evaluated reads it then.

In:    the text behind the `*`; the area and the case that the recipe's flags say; `fill` makes of a text behind `$`
       what its quotes and variables mean; `program` does that for a program.
Out:   a Condition. Fails: NotKnown, with the place in the text.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
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


class NotKnown(Exception):
    """A condition that cannot be had; `at` is the place in its text, `hint` says what can."""

    def __init__(self, text: str, at: int, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.at = at
        self.hint = hint


class Searched(Value):
    """What a condition searches, and whether the case of letters counts; `named`: a `??` said so."""

    area: str
    ignore_case: bool = True
    named: bool = False


class Evaluated(Value):
    """A condition with variables in it; `before` runs what stands between backquotes."""

    text: Text
    before: tuple[Assignment, ...]
    searched: Searched

    def ask(self, scene: Scene) -> Answer:
        """Fills the text in, and asks what it is then. RuleFailed for what it cannot be."""
        for assignment in self.before:
            assignment.assign(scene)
        text = scene.expand(self.text)
        try:
            return parse(text, self.searched).ask(scene)
        except NotKnown as wrong:
            raise RuleFailed(f"the condition {quoted(text)}: {wrong.text}") from None

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
    at, negated = 0, False
    while True:
        while text[at : at + 1] and text[at] in BLANKS:
            at += 1
        sign = text[at : at + 1]
        if sign == "!":
            negated = not negated
        elif sign == "$" and fill is not None:
            found = fill(text, at + 1, searched)
            if not isinstance(found, str):
                return Not(found) if negated else found
            text, at = found, -1
        elif sign == "$":
            pass
        elif (sign and sign in "?<>") or not (name := area_of(text, at)):
            break
        else:
            searched = searched.replace(area=AREAS.get(name, f"${name}"), named=True)
            at = text.index("??", at) + 1
        at += 1
    condition = _plain(text, at, searched, program)
    return Not(condition) if negated else condition


def _plain(text: str, at: int, searched: Searched, program: Callable[[str], Command]) -> Condition:
    rest = text[at + 1 :].strip(BLANKS)
    match text[at : at + 1]:
        case "?":
            return Runs(program(rest), searched.area)
        case "<" | ">" as sign:
            return Length(searched.area if searched.named else "both", leading_number(rest), sign == ">")
    if weight_at(text, at):
        hint = "where any of several will do (* 1^0 this), write one expression: * (this|that)"
        raise NotKnown("not supported yet: weighted scoring (* w^x)", at, hint)
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


def weight_at(text: str, at: int) -> bool:
    """Whether a condition begins with w^x, as in `* -1.5^0 regexp` (procmailsc(5))."""
    end = _number_end(text, at)
    if end < 0:
        return False
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    if text[end : end + 1] != "^":
        return False
    end += 1
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    return _number_end(text, end) >= 0


def _number_end(text: str, at: int) -> int:
    """The offset behind a number as strtod(3) takes it, or -1."""
    end = at + (text[at : at + 1] in ("+", "-"))
    is_hex = text[end : end + 2].lower() == "0x"
    start = end = end + 2 * is_hex
    while text[end : end + 1] and text[end] in ("0123456789abcdefABCDEF." if is_hex else "0123456789."):
        end += 1
    if text[start:end].strip(".") == "":
        return -1
    if text[end : end + 1] in ("e", "E"):
        sign = text[end + 1 : end + 2] in ("+", "-")
        if text[end + 1 + sign : end + 2 + sign].isdigit():
            end += 2 + sign
            while text[end : end + 1].isdigit():
                end += 1
    return end


WORDS = ()
