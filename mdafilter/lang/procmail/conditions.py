"""One condition of a recipe: a line that begins with `*` (procmailrc(5), "Conditions").

    * [!] [$] regexp       * [!] < size    * [!] > size
    * [!] [$] H ?? regexp, B ??, HB ??, NAME ??                * [!] ? command
    * [!] mdafilter ?? test of Sieve                           (ours: lang/borrowed.py)
    * w^x any of these                                         (procmailsc(5))

What each means is told by words/condition.py, which reads a condition with variables once more when the rule runs.

In: the line, and the flags of the recipe. Out: the Condition; None after an error. What procmail takes otherwise than
it looks is a warning.
"""

from __future__ import annotations

from mdafilter.lang import borrowed
from mdafilter.lang.procmail.strings import Reader, Unknown, command
from mdafilter.matching import patterns
from mdafilter.values import TYPE_CHECKING
from mdafilter.words import condition
from mdafilter.words.assign import AssignOutput
from mdafilter.words.command import Command
from mdafilter.words.condition import Evaluated, Searched, Weighted
from mdafilter.words.grep import Grep, Length
from mdafilter.words.logic import Not
from mdafilter.words.run import Runs

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.plan import Condition


def parse(line: Line, flags: Flags, problems: Problems) -> Condition | None:
    """The condition of a line."""
    start = line.text.index("*") + 1
    text = line.text[start:].rstrip(" \t")
    at, negated, weight = condition.signs(text)
    if (test := borrowed.borrowed(text[at:])) is not None:
        found = borrowed.condition(line, test, problems)
        return condition.weighted(found, negated, weight) if found is not None else None
    try:
        asked = condition.parse(text, Searched(flags.searched, not flags.has("D")), _filled, command)
    except Unknown as wrong:
        problems.error(line, wrong.text, wrong.hint, at=start + wrong.at)
        return None
    _look(line, asked, start, problems)
    return asked


def _filled(text: str, at: int, searched: Searched) -> Condition | str:
    """What stands behind a `$`, "according to sh(1) substitution rules inside double quotes"."""
    spelled = Reader(text, at).rest()
    if isinstance(spelled.text, str):
        return spelled.text
    return Evaluated(spelled.text, tuple(AssignOutput(name, what) for name, what in spelled.commands), searched)


def _look(line: Line, asked: Condition, start: int, problems: Problems) -> None:
    """Looks at what is known now, and warns of what procmail takes otherwise than it may have been meant."""
    while isinstance(asked, Not | Weighted):
        asked = asked.test
    match asked:
        case Runs(command=Command(line="")):
            problems.error(line, "there is no program after the ?", "as in * ? test -f file", at=len(line.text))
        case Length():
            _look_at_size(line, problems)
        case Grep(pattern=pattern):
            _look_at_pattern(line, pattern, start, problems)


def _look_at_size(line: Line, problems: Problems) -> None:
    """procmail takes the digits that it finds there, and passes over the rest."""
    at = max(line.text.rfind("<"), line.text.rfind(">")) + 1
    rest = line.text[at:].lstrip(" \t").removeprefix("+").removeprefix("-").lstrip("0123456789").strip(" \t")
    if rest or not line.text[at:].strip(" \t"):
        what = f'"{rest[:40]}" is passed over: a size is a number of octets' if rest else "no size: it counts as 0"
        problems.warn(line, what, "written: * > 100000", at=line.text.rfind(rest) if rest else at)


def _look_at_pattern(line: Line, text: str, start: int, problems: Problems) -> None:
    place = max(line.text.rfind(text) if text else len(line.text), start)
    try:
        pattern = patterns.compile(text, ignore_case=True, syntax="procmail")
    except patterns.PatternError as error:
        hint = "a backslash takes the meaning of a sign away"
        problems.error(line, f"regular expression: {error.text}", hint, at=place + error.offset)
        return
    for warning, offset in pattern.warnings:
        problems.warn(line, f"regular expression: {warning}", "procmail goes on with what it has", at=place + offset)
    if line.text[place - 1 : place] == "\\" and place > start:
        hint = "write () before the first backslash, if it belongs to the expression"
        problems.warn(line, "procmail takes off a backslash at the beginning", hint, at=place - 1)
    if " # " in text:
        hint = "procmail looks for what follows, too: a comment stands on a line of its own"
        problems.warn(line, "a condition has no comment: # belongs to it", hint, at=line.text.rfind(" # ") + 1)
