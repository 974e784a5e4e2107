"""One condition of a recipe: a line that begins with `*` (procmailrc(5), "Conditions").

    * [!] [$] regexp       * [!] < size    * [!] > size
    * [!] [$] H ?? regexp, B ??, HB ??, NAME ??                * [!] ? command
    * [!] mdafilter ?? test of Sieve                           (ours: lang/borrowed.py)

In: the line, and the flags of the recipe. Out: steps to be run before the question, and the Condition; None after an
error. Weighted conditions (procmailsc(5)) are an error that names them.
"""

from __future__ import annotations

from mdafilter.lang import borrowed
from mdafilter.lang.procmail.strings import Reader, Unknown
from mdafilter.matching import patterns
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.grep import Grep
from mdafilter.words.logic import Not
from mdafilter.words.run import Runs
from mdafilter.words.size import Size
from mdafilter.words.value import ValueMatches

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.plan import Condition
    from mdafilter.texts import Text

AREAS = {"H": "header", "B": "body", "HB": "both", "BH": "both"}


def parse(line: Line, flags: Flags, problems: Problems) -> Condition | None:
    """The condition of a line."""
    text = line.text.lstrip(" \t")[1:].strip(" \t")
    negated = dollar = False
    while text[:1] in ("!", "$"):
        negated, dollar = negated != (text[0] == "!"), dollar or text[0] == "$"
        text = text[1:].lstrip(" \t")
    found = _plain(line, text, dollar, flags, problems)
    return Not(found) if negated and found is not None else found


def _plain(line: Line, text: str, dollar: bool, flags: Flags, problems: Problems) -> Condition | None:
    if text.startswith("?"):
        command = text[1:].strip(" \t")
        if not command:
            problems.error(line, "there is no program after the ?", at=len(line.text))
            return None
        return Runs(command, flags.fed)
    if text.startswith(("<", ">")):
        digits = text[1:].strip(" \t")
        if not digits.isdecimal() or len(digits) > 18:
            problems.error(line, f'"{digits[:20]}" is not a number of octets', at=line.text.find(text))
            return None
        return Size(int(digits), text.startswith(">"))
    if is_weight(text):
        problems.error(line, "not supported yet: weighted scoring (* w^x)", at=line.text.find(text))
        return None
    if (test := borrowed.borrowed(text)) is not None:
        return borrowed.condition(line, test, problems)
    area, mark, rest = text.partition("??")
    name = area.strip(" \t")
    if not (mark and name.isidentifier() and name.isascii()):
        return _searched(line, text, flags.searched, "", dollar, flags, problems)
    rest = rest.lstrip(" \t")
    return _searched(line, rest, AREAS.get(name, ""), name, dollar, flags, problems)


def _searched(
    line: Line, text: str, area: str, name: str, dollar: bool, flags: Flags, problems: Problems
) -> Condition | None:
    """A regular expression on an area, or where that is "" on a variable."""
    pattern: Text = text
    if dollar:
        try:
            spelled = Reader(text).rest()
        except Unknown as unknown:
            problems.error(line, f"not supported yet: {unknown.text}", at=max(line.text.find(text), 0) + unknown.at)
            return None
        if spelled.commands:
            problems.error(line, "not supported yet: a command between backquotes in a condition", at=0)
            return None
        pattern = spelled.text
    if isinstance(pattern, str) and not _compiles(line, pattern, problems):
        return None
    if area:
        return Grep(area, pattern, "procmail", not flags.has("D"))
    return ValueMatches(name, pattern, not flags.has("D"))


def _compiles(line: Line, pattern: str, problems: Problems) -> bool:
    try:
        patterns.compile(pattern, ignore_case=True, syntax="procmail")
    except patterns.PatternError as error:
        start = line.text.rfind(pattern[:1]) if len(pattern) < 2 else line.text.find(pattern)
        problems.error(line, f"regular expression: {error.text}", at=max(start, 0) + error.offset)
        return False
    return True


def is_weight(text: str) -> bool:
    """Whether a condition begins with w^x, as in `* -1.5^0 regexp` (procmailsc(5))."""
    weight, caret, rest = text.partition("^")
    exponent = rest.split(None, 1)[0] if rest.split() else ""
    return bool(caret) and _is_number(weight.strip(" \t")) and _is_number(exponent)


def _is_number(text: str) -> bool:
    digits = text.lstrip("+-").replace(".", "", 1)
    return digits.isascii() and digits.isdecimal()
