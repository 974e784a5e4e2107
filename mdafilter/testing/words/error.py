"""test_error: what the last compile, run or execution found wrong.

    test_error [MATCH-TYPE] [COMPARATOR] [:index <number>] <keys: string-list>

    test_error :count "eq" :comparator "i;ascii-numeric" "2"
    test_error :index 1 :contains "unknown command"

After a compile they are as many as Pigeonhole counts, and the last one says that the script is no good (told.py). What
they say of the meaning of a word is what `mdafilter check` prints, without file and line.
"""

from __future__ import annotations

from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.testing.words.indexed import TAGS, chosen, index_of
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import match_of
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.decision import Answer
    from mdafilter.plan import Scene
    from mdafilter.words.match import Match
    from mdafilter.words.syntax import Use


class Errors(Value):
    """Do the messages match?"""

    match: Match
    index: int = 0

    def ask(self, scene: Scene) -> Answer:
        return self.match.test(scene, chosen(stage_of(scene).errors, self.index))

    def describe(self) -> str:
        return f"test_error {self.match.describe(f':index {self.index}' if self.index else '')}"


def build(use: Use) -> Errors:
    return Errors(match_of(use, 0), index_of(use))


WORDS = (Word("test_error", "test", build, ("strings",), tags=TAGS, requires=(CAPABILITY,)),)
