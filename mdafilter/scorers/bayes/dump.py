"""All counts as lines of text, to move them to another host or another place, or to keep them; and read back.

    mdafilter-bayes 1 511 1261 320 480 60 70   the version of the tokens; messages: spam, ham, counted spam, counted
                                               ham, spam and ham that moved weights
    token 2864434397 3 0 20783 371             number, spam, ham, day (since 1970) on which it was last taught, weight
    known 81985529216486895 1 1 20783 371      message, whether it is spam, whether it was counted, day, step
    end 2                                      lines between the first and this one: what is cut off is not believed

Lines of before there were weights have two numbers less in the first of them, and one in the others: these are 0.

In:    Counts; lines of any text, and what they are from.
Out:   lines without line ends; Whole.
Fails: CountsError of reading the counts, also where others have learned meanwhile: the lines would be of neither state.
       SettingsError for a line that is none, as name:line, before anything is changed. The time is linear.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import SettingsError
from mdafilter.scorers.bayes import logistic
from mdafilter.scorers.bayes.store import CountsError, Known, Totals, Whole
from mdafilter.scorers.bayes.tokens import VERSION
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.scorers.bayes.store import Counts, Row

FIRST = "mdafilter-bayes"
LAST = "end"
NUMBERS = {FIRST: 7, "token": 5, "known": 5, LAST: 1}
NUMBERS_BEFORE = {FIRST: 5, "token": 4, "known": 4, LAST: 1}
MOST_WEIGHT = limits.BAYES_COUNT * logistic.LONGEST
MOST = (1 << 63) - 1  # the largest number that SQLite keeps
ANEW = "make it anew with mdafilter train export"


def lines(store: Counts) -> Iterator[str]:
    """The counts."""
    totals, many = store.totals(), 0
    yield " ".join(map(str, (FIRST, VERSION, *[getattr(totals, name) for name in Totals._fields])))
    for number, (spam, ham, day, weight) in store.scan():
        many += 1
        yield f"token {number} {spam} {ham} {day} {weight}"
    for identity, known in store.scan_known():
        many += 1
        yield f"known {identity} {known.spam:d} {known.counted:d} {known.day} {known.step}"
    if store.totals() != totals:
        raise CountsError("others have learned meanwhile, so this is no export: once more")
    yield f"{LAST} {many}"


def read(given: Iterable[str], name: str) -> Whole:
    """What lines() gave."""
    totals, last, at = Totals(), "", 0
    rows: dict[int, Row] = {}
    known: dict[int, Known] = {}
    widths = NUMBERS
    for at, line in enumerate(given, 1):
        word, *texts = line.split(None, 8)[:8] or [""]
        if at == 1 and len(texts) == NUMBERS_BEFORE[FIRST]:
            widths = NUMBERS_BEFORE
        numbers = _numbers(texts)
        right = len(numbers) == len(texts) == widths.get(word) and _bounded(word, numbers)
        if not right or (word == FIRST) != (at == 1) or last == LAST:
            raise SettingsError(f"{name}:{at}: no line of an export of the counts: {line[:60]!r}; {ANEW}")
        last = word
        if word == FIRST:
            if numbers[0] != VERSION:
                raise SettingsError(f"{name}:1: version {numbers[0]} of the tokens, not {VERSION}: teach anew")
            totals = Totals(*numbers[1:])
        elif word == "token":
            rows[numbers[0]] = (numbers[1], numbers[2], numbers[3], numbers[4] if widths is NUMBERS else 0)
        elif word == "known":
            known[numbers[0]] = Known(bool(numbers[1]), bool(numbers[2]), *numbers[3:])
        if wrong := _wrong(word, numbers, totals, at):
            raise SettingsError(f"{name}:{at}: {wrong}; {ANEW}")
    if last != LAST:
        raise SettingsError(f"{name}:{max(at, 1)}: the export is {'cut off' if at else 'empty'}; {ANEW}")
    return Whole(totals, rows, known)


def _numbers(texts: list[str]) -> list[int]:
    digits = [text.removeprefix("-") for text in texts]
    return [int(t) for t, d in zip(texts, digits, strict=True) if d.isascii() and d.isdigit() and len(d) < 20]


def _bounded(word: str, numbers: list[int]) -> bool:
    """Whether each number is one that it can be: only the fifth of a line can be below 0."""
    least = -MOST_WEIGHT if word in ("token", "known") else 0
    return min(numbers[:4]) >= 0 and max(numbers) <= MOST and all(least <= n <= MOST_WEIGHT for n in numbers[4:])


def _wrong(word: str, numbers: list[int], totals: Totals, at: int) -> str:
    """What cannot be, though it is spelled well: it would make nonsense of the verdicts."""
    more = totals.counted_spam > totals.spam or totals.counted_ham > totals.ham
    if word == FIRST and (more or max(numbers) > limits.BAYES_COUNT):
        return "more messages are counted than learned, or more than there can be"
    if word == FIRST and (totals.stepped_spam > totals.counted_spam or totals.stepped_ham > totals.counted_ham):
        return "more messages moved weights than are counted"
    if word == "token" and numbers[0] > limits.BAYES_COUNT:
        return f"there is no token {numbers[0]}"
    if word == "token" and (numbers[1] > totals.counted_spam or numbers[2] > totals.counted_ham):
        return "the token was in more messages than are counted"
    if word == LAST and numbers[0] != at - 2:
        return f"{numbers[0]} lines should be before this one, not {at - 2}"
    return ""
