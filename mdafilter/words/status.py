"""The mark that another scanner has left in the header, as spamtest and virustest read it where a site says so.

The settings are Pigeonhole's, those of the words `spamtest` and `virustest` alike (World.option):

    WORD_status_header   NAME or NAME:REGEX    the field, and how to find the status in it (its first group)
    WORD_status_type     score   a number, from 0 to the greatest
                         strlen  as many characters as there are ("*****"), up to the greatest
                         text    one of the texts
    WORD_max_value       the greatest, or
    WORD_max_header      NAME or NAME:REGEX, the field that tells it (both also as WORD_score_max_...)
    WORD_text_valueN     the text for the value N (also WORD_text_value/N)

In:    the Scene. Out: the value by RFC 5235: "0" where there is no mark or none that can be read; and what was seen.
Fails: RuleFailed for a regular expression that is none. RuleStalled past its time.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.strings import clipped

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.match import Match

NOT_TESTED = "0"
STEPS = {"spamtest": 9, "virustest": 4}  # between the least and the greatest value (RFC 5235 sections 3.2, 3.3)
NUMBER = 30  # characters


def marked(scene: Scene, word: str, *, percent: bool = False) -> tuple[str, str] | None:
    """The value, and the mark; None where the site has not said that there is one."""
    option = scene.world.option
    where = option(f"{word}_status_header")
    if not where:
        return None
    mark = _found(scene, where)
    if mark is None:
        return NOT_TESTED, "there is no mark"
    kind = option(f"{word}_status_type") or "score"
    ratio = _by_text(scene, word, mark) if kind == "text" else _by_number(scene, word, mark, kind)
    if ratio is None:
        return NOT_TESTED, f"this mark says nothing: {mark}"
    ratio = min(max(ratio, 0.0), 1.0)
    value = int(ratio * 100 + 0.001) if percent else int(ratio * STEPS[word] + 1.001)
    return str(value), mark


def answer(match: Match, scene: Scene, value: str, mark: str) -> Answer:
    """Whether the value matches. With :count, what was not tested is none (RFC 5235 section 3.1)."""
    held = match.test(scene, () if match.counts and value == NOT_TESTED else (value,)).held
    return Answer(held, (f"{value}: {clipped(mark)}",), clipped(mark) if held else "")


def _by_text(scene: Scene, word: str, mark: str) -> float | None:
    """As a part of the way from the value 1 to the greatest; None for the text of 0, and for none."""
    option = scene.world.option
    for value in range(STEPS[word] + 1, 0, -1):
        text = option(f"{word}_text_value{value}") or option(f"{word}_text_value/{value}")
        if text and text == mark:
            return (value - 1) / STEPS[word]
    return None


def _by_number(scene: Scene, word: str, mark: str, kind: str) -> float | None:
    option = scene.world.option
    value = float(len(mark)) if kind == "strlen" else _number(mark)
    told = option(f"{word}_max_header") or option(f"{word}_score_max_header")
    most = _found(scene, told) if told else option(f"{word}_max_value") or option(f"{word}_score_max_value")
    greatest = _number(most or "")
    if value is None or greatest is None or greatest <= 0:
        return None
    return value / greatest


def _number(text: str) -> float | None:
    """A decimal number, and what may stand behind it."""
    text = text.strip()[:NUMBER]
    end = 1 if text[:1] in ("-", "+") else 0
    while end < len(text) and (text[end] in "0123456789" or (text[end] == "." and "." not in text[:end])):
        end += 1
    try:
        return float(text[:end])
    except ValueError:
        return None


def _found(scene: Scene, where: str) -> str | None:
    """What NAME:REGEX finds in the first field of that name; None where it finds nothing."""
    name, _, pattern = where.partition(":")
    field = scene.message.headers.first(name.strip())
    if field is None:
        return None
    text = field.text.strip()
    if not pattern.strip():
        return text
    from mdafilter.words.regex import pattern_of

    found = pattern_of(pattern.strip(), "i;octet").search(text)
    return None if found is None else found[1] if len(found) > 1 else found[0]
