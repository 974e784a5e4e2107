"""test_result_action, test_result_execute, test_result_reset, test_result_print: what was decided.

    test_result_action [MATCH-TYPE] [COMPARATOR] [:index <number>] <keys: string-list>
    test_result_execute
    test_result_reset;
    test_result_print;

test_result_action sees the names of the actions in their order (ACTIONS; what fileinto does is a "store"), each place
once; the implicit keep is none of them. test_result_execute carries all out in the test's own store and queue, the
implicit keep too, and holds where all could be done. test_result_reset drops the result and what was sent.
"""

from __future__ import annotations

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.decision import Answer
from mdafilter.testing import CAPABILITY
from mdafilter.testing.carry import carry_out, result
from mdafilter.testing.stage import stage_of
from mdafilter.testing.words.indexed import TAGS, chosen, index_of
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import match_of
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.words.match import Match
    from mdafilter.words.syntax import Use

ACTIONS: dict[type[Act], str] = {
    Keep: "keep",
    File: "store",
    Box: "store",
    Redirect: "redirect",
    Discard: "discard",
    Reject: "reject",
    Pipe: "pipe",
}


def name_of(act: Act) -> str:
    """The action's name; a letter has that of the word that sends it."""
    return act.what if isinstance(act, Send) else ACTIONS[type(act)]


class Acts(Value):
    """Do the names of the actions match?"""

    match: Match
    index: int = 0

    def ask(self, scene: Scene) -> Answer:
        return self.match.test(scene, chosen([name_of(one.act) for one in result(stage_of(scene))], self.index))

    def describe(self) -> str:
        return f"test_result_action {self.match.describe(f':index {self.index}' if self.index else '')}"


class Execute(Value):
    """Can all be carried out? It is."""

    def ask(self, scene: Scene) -> Answer:
        stage = stage_of(scene)
        stage.errors = carry_out(stage)
        return Answer(not stage.errors, tuple(stage.errors))

    def describe(self) -> str:
        return "test_result_execute"


class Reset(Value):
    """Nothing is decided, and nothing has been sent."""

    def assign(self, scene: Scene) -> None:
        stage_of(scene).reset()

    def describe(self) -> str:
        return "test_result_reset"


class Print(Value):
    """Each action on a line of the report."""

    def assign(self, scene: Scene) -> None:
        stage = stage_of(scene)
        shown = [f"{name_of(one.act)}: {one.act!r}" for one in result(stage)]
        stage.said += shown or ["nothing is decided: the implicit keep"]

    def describe(self) -> str:
        return "test_result_print"


def build_action(use: Use) -> Acts:
    return Acts(match_of(use, 0), index_of(use))


def build_execute(use: Use) -> Execute:
    return Execute()


def build_reset(use: Use) -> Reset:
    return Reset()


def build_print(use: Use) -> Print:
    return Print()


WORDS = (
    Word("test_result_action", "test", build_action, ("strings",), tags=TAGS, requires=(CAPABILITY,)),
    Word("test_result_execute", "test", build_execute, requires=(CAPABILITY,)),
    Word("test_result_reset", "assignment", build_reset, requires=(CAPABILITY,)),
    Word("test_result_print", "assignment", build_print, requires=(CAPABILITY,)),
)
