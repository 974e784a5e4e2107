"""test, test_fail: one case of a test file, and its failure.

    test <name: string> { ... }
    test_fail <reason: string>;

Cases do not stand in each other. The first test_fail of a case ends it, and so does an error in it; the next goes on.

Out:   test: walk.Case. test_fail: CaseFailed, with the reason.
Fails: an error at compile time for a case in a case.
"""

from __future__ import annotations

from mdafilter.plan import Call, If, Loop
from mdafilter.testing import CAPABILITY
from mdafilter.testing.walk import Case, CaseFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.plan import Scene, Step
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Fail(Value):
    """The end of a case."""

    reason: Text

    def assign(self, scene: Scene) -> None:
        raise CaseFailed(scene.expand(self.reason).strip())

    def describe(self) -> str:
        return f"test_fail {quoted(self.reason)}"


def build_test(use: Use) -> Case:
    inner = next(_cases(use.block), None)
    if inner is not None:
        use.error(f"tests cannot be nested: there is another one in line {inner.at.line}", "close this one before it")
    return Case(use.text(0), use.block, use.at)


def _cases(steps: Iterable[Step | Case]) -> Iterator[Case]:
    """The cases in a block, however deep."""
    for step in steps:
        match step:
            case Case():
                yield step
            case If(branches=branches, orelse=orelse):
                for branch in branches:
                    yield from _cases(branch.then)
                yield from _cases(orelse)
            case Loop(body=body):
                yield from _cases(body)
            case Call(plan=plan):
                yield from _cases(plan.steps)


def build_fail(use: Use) -> Fail:
    return Fail(use.text(0))


WORDS = (
    Word("test", "step", build_test, ("string",), requires=(CAPABILITY,), block=True),
    Word("test_fail", "assignment", build_fail, ("string",), requires=(CAPABILITY,)),
)
