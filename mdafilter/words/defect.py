"""defect: asks whether the message is broken, and how (mdafilter's own word).

    require "vnd.mdafilter.defect";
    defect [MATCH-TYPE] [COMPARATOR] <names: string-list>

    if defect ["too-deep", "too-many-parts"] { fileinto "Quarantine"; }

Every message can be read, and none is refused for its form; what was wrong with it is kept as a list of defects:

    header      header-too-long junk-in-header lone-cr mixed-newlines nul-in-header no-body
    structure   boundary-not-found missing-close no-boundary part-after-close too-deep too-many-parts
    parts       decode-limit duplicate-content-disposition duplicate-content-type too-many-parameters

`mdafilter explain` shows those of a message.

Out:   holds if any defect's name matches. With :count, how many defects there are.
Fails: never. A name that no defect has is a test that does not hold.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.strings import clipped
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use


class HasDefect(Value):
    """Does the name of any defect of the message match?"""

    match: Match

    def ask(self, scene: Scene) -> Answer:
        defects = scene.message.defects
        if self.match.counts:
            return self.match.test(scene, [defect.name for defect in defects])
        for defect in defects:
            if self.match.test(scene, (defect.name,)).held:
                return Answer(True, (defect.name,), clipped(f'defect "{defect.name}" ({defect.text})'))
        return Answer(False, tuple(defect.name for defect in defects))

    def describe(self) -> str:
        return f"defect {self.match.describe()}"


def build(use: Use) -> HasDefect:
    return HasDefect(match_of(use, 0))


WORDS = (Word("defect", "test", build, ("strings",), tags=MATCH_TAGS, requires=("vnd.mdafilter.defect",)),)
