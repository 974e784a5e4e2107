"""test_binary_save, test_binary_load: the compiled script is put aside, and taken again.

    test_binary_save <name: string>;
    test_binary_load <name: string>;

It goes through the form in which compiled rules are kept between deliveries (compiled.py), so that a plan that comes
back from there is seen to decide the same.

Out:   as tests they hold where that could be done. Fails: as commands, CaseFailed where it could not.
"""

from __future__ import annotations

import marshal
import sys

from mdafilter.compiled import freeze, thaw
from mdafilter.decision import Answer
from mdafilter.plan import Plan
from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.testing.walk import CaseFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.testing.stage import Stage
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Binary(Value):
    """The compiled script of this name is saved, or loaded."""

    word: str
    name: Text

    def ask(self, scene: Scene) -> Answer:
        stage, name = stage_of(scene), scene.expand(self.name)
        return Answer(_saved(stage, name) if self.word == "test_binary_save" else _loaded(stage, name))

    def assign(self, scene: Scene) -> None:
        if not self.ask(scene).held:
            raise CaseFailed(f"{self.word}: there is no compiled script")

    def describe(self) -> str:
        return f"{self.word} {quoted(self.name)}"


def _saved(stage: Stage, name: str) -> bool:
    if stage.plan is None:
        return False
    classes: dict[tuple[str, str], int] = {}
    stage.kept[name] = marshal.dumps((freeze(stage.plan, classes), list(classes)))
    return True


def _loaded(stage: Stage, name: str) -> bool:
    if name not in stage.kept:
        return False
    frozen, classes = marshal.loads(stage.kept[name])  # of our own making, in this process
    made = thaw(frozen, [getattr(sys.modules[module], cls) for module, cls in classes])
    assert isinstance(made, Plan)
    stage.plan = made
    return True


def build(use: Use) -> Binary:
    return Binary(use.name, use.text(0))


WORDS = tuple(
    Word(name, kind, build, ("string",), requires=(CAPABILITY,))
    for name in ("test_binary_save", "test_binary_load")
    for kind in ("test", "assignment")
)
