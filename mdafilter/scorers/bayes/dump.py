"""All counts as lines of text, to move them to another host or another place, or to keep them; and read back.

    mdafilter-bayes 1 511 1261 320 480     the version of the tokens; messages: spam, ham, counted spam, counted ham
    token 2864434397 3 0 20783             number, spam, ham, day (since 1970) on which it was last taught
    known 81985529216486895 1 1 20783      message, whether it is spam, whether it was counted, day

In:    Counts; lines of any text.
Out:   lines without line ends; Whole.
Fails: CountsError of reading the counts. SettingsError for a line that is none, with its number; nothing is changed.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.scorers.bayes.store import Known, Totals, Whole
from mdafilter.scorers.bayes.tokens import VERSION
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.scorers.bayes.store import Counts, Row

FIRST = "mdafilter-bayes"
NUMBERS = {FIRST: 5, "token": 4, "known": 4}
MOST = (1 << 63) - 1  # the largest number that SQLite keeps


def lines(store: Counts) -> Iterator[str]:
    """The counts."""
    totals = store.totals()
    yield f"{FIRST} {VERSION} {totals.spam} {totals.ham} {totals.counted_spam} {totals.counted_ham}"
    for number, (spam, ham, day) in store.scan():
        yield f"token {number} {spam} {ham} {day}"
    for identity, known in store.scan_known():
        yield f"known {identity} {known.spam:d} {known.counted:d} {known.day}"


def read(given: Iterable[str]) -> Whole:
    """What lines() gave."""
    totals: Totals | None = None
    rows: dict[int, Row] = {}
    known: dict[int, Known] = {}
    for at, line in enumerate(given, 1):
        word, *texts = line.split()[:6] or [""]
        numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 20]
        right = len(numbers) == len(texts) == NUMBERS.get(word) and max(numbers) <= MOST
        if not right or (word == FIRST) != (at == 1):
            raise SettingsError(f"line {at}: no line of an export of the counts: {line[:60]!r}")
        if word == FIRST:
            if numbers[0] != VERSION:
                raise SettingsError(f"line 1: version {numbers[0]} of the tokens, not {VERSION}: teach anew")
            totals = Totals(*numbers[1:])
        elif word == "token":
            rows[numbers[0]] = (numbers[1], numbers[2], numbers[3])
        else:
            known[numbers[0]] = Known(bool(numbers[1]), bool(numbers[2]), numbers[3])
    if totals is None:
        raise SettingsError("line 1: the export is empty")
    return Whole(totals, rows, known)
