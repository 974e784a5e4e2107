"""defect (vnd.mdafilter.defect)."""

from __future__ import annotations

import pytest

from mdafilter.words.defect import HasDefect
from mdafilter.words.match import Match
from tests.support.scene import scene
from tests.support.script import decide, folders

BROKEN = b"Subject: x\nContent-Type: multipart/mixed\nContent-Type: text/plain\n\nbody\n"
SOUND = b"Subject: x\n\nbody\n"


@pytest.mark.parametrize(
    ("test", "message", "held"),
    [
        ('defect "no-boundary"', BROKEN, True),
        ('defect "NO-BOUNDARY"', BROKEN, True),
        ('defect ["too-deep", "duplicate-content-type"]', BROKEN, True),
        ('defect :matches "duplicate-*"', BROKEN, True),
        ('defect "too-deep"', BROKEN, False),
        ('defect "nobody-has-this"', BROKEN, False),
        ('defect :contains ""', SOUND, False),
        ('defect :contains ""', BROKEN, True),
        ('defect :count "eq" "0"', SOUND, True),
        ('defect :count "eq" "0"', BROKEN, False),
    ],
)
def test_names_of_defects_are_matched(test: str, message: bytes, held: bool) -> None:
    script = f'require ["vnd.mdafilter.defect", "fileinto", "relational"]; if {test} {{ fileinto "yes"; }}'
    assert (folders(decide(script, message)) == ["yes"]) is held


def test_the_answer_has_the_text() -> None:
    test = HasDefect(Match("is", "i;ascii-casemap", "", ("no-boundary",)))
    answer = test.ask(scene(BROKEN))
    assert answer.by == 'defect "no-boundary" (a multipart without boundary)'
    other = HasDefect(Match("is", "i;ascii-casemap", "", ("too-deep",))).ask(scene(BROKEN))
    assert "no-boundary" in other.saw


def test_it_describes_itself_as_sieve() -> None:
    assert HasDefect(Match("is", "i;ascii-casemap", "", ("too-deep",))).describe() == 'defect :is "too-deep"'
