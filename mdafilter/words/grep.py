"""A regular expression on an area of the message or on a variable, as procmailrc(5) asks for it. No word of Sieve.

    * regexp          * B ?? regexp          * NAME ?? regexp

In:    an area (area.py), and an expression in procmail's syntax.
Out:   an Answer with the text that was found. What stands behind the last \\/ of the expression becomes MATCH.
Fails: RuleFailed for an expression that cannot be compiled, which the front end would have refused; RuleStalled past
       limits.REGEX_SECONDS for the whole question (patterns.py).
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.matching import counting, egrep, patterns
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.area import OVERLAP, pieces, size, windows
from mdafilter.words.assign import put
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.plan import Scene


class Grep(Value):
    """The question: is the pattern found in the area?"""

    area: str
    pattern: str
    ignore_case: bool = True

    def ask(self, scene: Scene) -> Answer:
        """Searches one window of the area after the other until one has it."""
        pattern, budget = self._compiled(), patterns.Budget()
        with budget:
            for text in windows(scene, self.area):
                if found := pattern.find(text, budget):
                    match = egrep.extracted(found)
                    if match is not None:
                        put(scene, "MATCH", match)
                    shown = clipped(egrep.shown(found[0]).strip())
                    return Answer(True, (shown,), shown or self.describe())
        return Answer(False, (clipped(scene.value(self.area[1:])),) if self.area.startswith("$") else ())

    def times(self, scene: Scene, budget: patterns.Budget) -> Iterator[bool]:
        """One False each time that it is found; True, the last one, where it is found for ever (counting.py).

        Of an expression with a \\/ each match becomes MATCH, and what it found is what `ask` would find.
        """
        pattern = self._compiled()
        if not pattern.groups:
            texts = (piece.decode("latin-1") for piece in pieces(scene, self.area))
            yield from counting.times(self.pattern, texts, ignore_case=self.ignore_case)
            return
        start = 0
        for text in windows(scene, self.area):
            while found := pattern.find(text, budget, start):
                put(scene, "MATCH", egrep.extracted(found) or "")
                end = found.end()
                behind = end - (end > found.start() and text[end - 1] in counting.NEWLINES)
                yield behind <= start
                if behind <= start:
                    return
                start = behind
            start = max(start - limits.REGEX_SUBJECT + OVERLAP, 0)

    def _compiled(self) -> patterns.Pattern:
        try:
            return patterns.compile(self.pattern, ignore_case=self.ignore_case, syntax="procmail")
        except patterns.PatternError as error:
            raise RuleFailed(f"the regular expression {quoted(self.pattern)}: {error.text}") from None

    def describe(self) -> str:
        """Area and pattern; the case only where it counts."""
        case = "" if self.ignore_case else " in this case"
        return f"{self.area} has {quoted(self.pattern)}{case}"


class Length(Value):
    """The question: has an area more (`over`) or fewer than so many octets? `* B ?? > 1000`."""

    area: str
    limit: int
    over: bool

    def ask(self, scene: Scene) -> Answer:
        """Counts."""
        found = size(scene, self.area)
        held = found > self.limit if self.over else found < self.limit
        return Answer(held, (str(found),), f"{self.area} has {found} octets" if held else "")

    def describe(self) -> str:
        """Area and number."""
        return f"{self.area} has {'more' if self.over else 'fewer'} than {self.limit} octets"


WORDS = ()
