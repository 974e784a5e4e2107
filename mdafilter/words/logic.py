"""`allof`, `anyof`, `not`, `true`, `false`: tests made of tests (RFC 5228 sections 5.2, 5.3, 5.6, 5.8, 5.10).

    allof (<test>, ...)    anyof (<test>, ...)    not <test>    true    false

Tests are asked from left to right and no further than needed: "The interpreter MUST short-circuit tests" (RFC 5229
section 3.2), which is also what keeps an expensive test (spamtest) behind a cheap one.

Out:   an Answer that saw, for each test that was asked, its description and answer, and then what that one saw.
Fails: RuleStalled and RuleFailed of a test pass through: a rule of which a part has no answer has none.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer, Within, spelled
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.decision import Described
    from mdafilter.plan import Condition, Scene
    from mdafilter.words.syntax import Use


class AllOf(Value):
    """Every one of the tests holds."""

    tests: tuple[Condition, ...]

    def ask(self, scene: Scene) -> Answer:
        """Asks until one does not hold."""
        saw: list[str | Within] = []
        by: list[str | Described] = []
        for test in self.tests:
            answer = test.ask(scene)
            saw += _seen(test, answer)
            by.append(answer.by or test)
            if not answer.held:
                return Answer(False, tuple(saw))
        return Answer(True, tuple(saw), clipped("; ".join(map(spelled, by))))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"allof ({', '.join(test.describe() for test in self.tests)})"


class AnyOf(Value):
    """At least one of the tests holds."""

    tests: tuple[Condition, ...]

    def ask(self, scene: Scene) -> Answer:
        """Asks until one holds."""
        saw: list[str | Within] = []
        for test in self.tests:
            answer = test.ask(scene)
            saw += _seen(test, answer)
            if answer.held:
                return Answer(True, tuple(saw), answer.by or test.describe())
        return Answer(False, tuple(saw))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"anyof ({', '.join(test.describe() for test in self.tests)})"


class Not(Value):
    """The test does not hold."""

    test: Condition

    def ask(self, scene: Scene) -> Answer:
        """The opposite; what matched is then that nothing did."""
        answer = self.test.ask(scene)
        return Answer(not answer.held, tuple(_seen(self.test, answer)), "" if answer.held else self.describe())

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"not {self.test.describe()}"


class Always(Value):
    """`true` and `false`."""

    held: bool

    def ask(self, scene: Scene) -> Answer:
        """Looks at nothing."""
        return Answer(self.held)

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return "true" if self.held else "false"


def _seen(test: Condition, answer: Answer) -> list[str | Within]:
    return [Within(test, answer.held), *answer.saw][: limits.SAW_VALUES + 1]


def build_all_of(use: Use) -> AllOf:
    """The node for one use of `allof`."""
    return AllOf(use.tests)


def build_any_of(use: Use) -> AnyOf:
    """The node for one use of `anyof`."""
    return AnyOf(use.tests)


def build_not(use: Use) -> Not:
    """The node for one use of `not`."""
    return Not(use.tests[0])


def build_true(use: Use) -> Always:
    """The node for `true`."""
    return Always(True)


def build_false(use: Use) -> Always:
    """The node for `false`."""
    return Always(False)


WORDS = (
    Word("allof", "test", build_all_of, arguments=("tests",)),
    Word("anyof", "test", build_any_of, arguments=("tests",)),
    Word("not", "test", build_not, arguments=("test",)),
    Word("true", "test", build_true),
    Word("false", "test", build_false),
)
