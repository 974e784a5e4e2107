"""archive: asks what is to be known of the archives that are attached, beyond what is in them (mdafilter's own word).

    require "vnd.mdafilter.archive";
    archive [MATCH-TYPE] [COMPARATOR] <facts: string-list>

    if archive ["encrypted", "too-deep", "ratio"] { fileinto "Quarantine"; }

The facts, each with its meaning in archives/__init__.py:

    what it is       encrypted  unreadable  not-opened  names-differ  macros
    past a limit     too-deep  too-many  too-large  too-long  ratio

`mdafilter inspect` shows those of a message. An archive in an archive counts as well.

In:    all attachments; inside `foreverypart` only the part that the loop stands at, and the parts in it.
Out:   holds if any fact's name matches; says of which archive or file. With :count, how many facts there are.
Fails: TryAgain where the disk is full. A name that no fact has gives a warning.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.inside import facts
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.strings import clipped, quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use

FACTS = (
    *("encrypted", "unreadable", "not-opened", "names-differ", "macros"),
    *("too-deep", "too-many", "too-large", "too-long", "ratio"),
)


class ArchiveFact(Value):
    """Does the name of any fact of any archive match?"""

    match: Match
    opens_archives = True

    def ask(self, scene: Scene) -> Answer:
        if self.match.counts:
            return self.match.test(scene, (fact.name for fact in facts(scene)))
        seen: dict[str, None] = {}
        for fact in facts(scene):
            if fact.name not in seen and self.match.test(scene, (fact.name,)).held:
                about = f"{quoted(fact.path)}{': ' if fact.text else ''}{fact.text}"
                return Answer(True, (fact.name,), clipped(f"archive {fact.name} ({about})"))
            seen[fact.name] = None
        return Answer(False, tuple(seen))

    def describe(self) -> str:
        return f"archive {self.match.describe()}"


def build(use: Use) -> ArchiveFact:
    match = match_of(use, 0)
    for key in match.keys if match.kind == "is" else ():
        if isinstance(key, str) and key.lower() not in FACTS:
            use.warn(f'no archive is "{key}"', f"known are {', '.join(FACTS)}", argument=0)
    return ArchiveFact(match)


WORDS = (Word("archive", "test", build, ("strings",), tags=MATCH_TAGS, requires=("vnd.mdafilter.archive",)),)
