"""The engine's walk through a test file: all that a Sieve script can do, and cases.

A case ends with the first test_fail in it, or with an error of its own commands; the next one goes on. The result is
empty at its beginning, and each has the processor time of a script.

Fails: CaseFailed outside of a case, where nothing can go on, and what a rule raises there.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.engine import Budget, Halt, Walk
from mdafilter.errors import MdafilterError, RuleFailed, RuleStalled, TryAgain
from mdafilter.outcome import check_conflicts
from mdafilter.plan import Call, Clone, If, Loop, Try
from mdafilter.testing.stage import Stage
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.acts import Act
    from mdafilter.decision import Described
    from mdafilter.plan import Block, Step
    from mdafilter.texts import Text, Where


class Case(Value):
    """A step of a test file: `test "NAME" { ... }`."""

    name: Text
    body: Block
    at: Where


class CaseFailed(MdafilterError):
    """What was tested does not hold."""


class Result(Value):
    """What came of a case: `reason` is None where it passed, else why it did not, and `at` where."""

    name: str
    at: Where
    reason: str | None = None
    said: tuple[str, ...] = ()  # what it has printed


class CaseWalk(Walk):
    """Walks through the plan of a test file; `results` has a line for each case that was reached."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, None, Budget(limits.RULES_SECONDS))
        self.stage = stage
        self.between = limits.RULES_SECONDS  # of what stands between two cases, whatever the file sets
        self.results: list[Result] = []
        self.at: Where | None = None  # the step that was reached last

    def step(self, step: Step | Case) -> None:
        """As the engine, and cases."""
        if isinstance(step, Case):
            self.case(step)
            return
        self.stage.attempts.update(attempts((step,)))
        super().step(step)

    def case(self, case: Case) -> None:
        """One case. Whatever goes wrong in it is its own."""
        self.at = case.at
        self.stage.begin()
        self.stage.said.clear()
        self.budget = Budget(limits.RULES_SECONDS)
        held, depth, name, reason = len(self.held), len(self.stage.parts), str(case.name), None
        try:
            name = self.stage.expand(case.name)
            self.block(case.body)
        except (CaseFailed, RuleFailed, RuleStalled, TryAgain) as failed:
            reason = str(failed) or "test_fail"
            del self.held[held:]
            del self.stage.parts[depth:]
        finally:
            self.budget = Budget(self.between)
            ended = case.at if reason is None else self.at
            self.results.append(Result(name, ended, reason, tuple(self.stage.said)))

    def whole(self, steps: Block) -> None:
        """All of a file; `stop` ends it."""
        try:
            self.block(steps)
        except Halt:
            pass  # the cases behind it are not reached, as the file wants it

    def decide(self, act: Act, at: Where) -> None:
        """As the engine; what contradicts is told at once."""
        super().decide(act, at)
        check_conflicts(self.stage.decided)

    def stalled(self, at: Where, stalled: RuleStalled) -> Answer:
        """A test without an answer is a case that fails."""
        raise stalled

    def note(self, at: Where, what: str | Described, answer: Answer | None = None) -> None:
        """Only the place is of interest."""
        self.at = at


def attempts(steps: Iterable[Step | Case]) -> Iterator[Where]:
    """What may turn out to be impossible and is passed over then, however deep it stands."""
    for step in steps:
        match step:
            case Try(body=body, at=at, needed=needed):
                if not needed:
                    yield at
                yield from attempts(body)
            case If(branches=branches, orelse=orelse):
                for branch in branches:
                    yield from attempts(branch.then)
                yield from attempts(orelse)
            case Loop(body=body) | Clone(body=body):
                yield from attempts(body)
            case Call(plan=plan):
                yield from attempts(plan.steps)
