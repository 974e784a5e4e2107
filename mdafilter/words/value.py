"""A regular expression on a variable: `* NAME ?? regexp` of a procmailrc (procmailrc(5)). No word of Sieve.

In: the name of a variable, and an expression in procmail's syntax, with variables in it if it is a Template.
Out: an Answer with the value. Fails: RuleFailed for an expression that its variables broke; RuleStalled past its time.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.matching import patterns
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class ValueMatches(Value):
    """The question: is the pattern found in the variable?"""

    name: str
    pattern: Text
    ignore_case: bool = True

    def ask(self, scene: Scene) -> Answer:
        """Searches its value."""
        value = scene.value(self.name)
        text = scene.expand(self.pattern)
        try:
            pattern = patterns.compile(text, ignore_case=self.ignore_case, syntax="procmail")
        except patterns.PatternError as error:
            raise RuleFailed(f"the regular expression {quoted(text)}: {error.text}") from None
        found = pattern.search(value, patterns.Budget())
        if found is not None and len(found) > 1 and "\\/" in text:
            scene.set("MATCH", found[1])
        return Answer(found is not None, (clipped(value),), self.describe())

    def describe(self) -> str:
        """The variable and the pattern."""
        case = "" if self.ignore_case else " in this case"
        return f"${self.name} has {quoted(self.pattern)}{case}"


WORDS = ()
