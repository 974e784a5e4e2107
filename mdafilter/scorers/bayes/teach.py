"""Learning and forgetting: a lesson, and what it changes in the counts. Each message is learned once.

A message that the counts are already sure of (classify.SURE, on the right side) is remembered and not counted: what is
known is not made stronger by saying it again, rare tokens are not drowned by one sort of message that comes very often,
and the counts stay small ("train on error, with a thick threshold": C. Siefkes and others, PKDD 2004).

So that the order does not matter too much (an archive of ham, and then one of spam) and one kind does not outweigh the
other, a message is counted in any case while fewer of its kind than of the other one, or than FIRST, are counted, or
none of the other at all. That is the balance guard.

A message that is counted also moves the weights of its tokens, if those were wrong (logistic.py).

A message is known by its Message-ID and its tokens: marks that a filter has put into it are no tokens, so with and
without them it is the same message. The other verdict takes the first one back; forgetting leaves the counts as they
were.

In:    Counts (store.py), a Lesson. Out: "learned", "known", "changed"; "forgotten", "known". Fails: CountsError.
Bugs:  a token that expired meanwhile cannot be taken back; it stays away. Of a message that is no longer remembered
       (expiry.py), what was counted stays: it cannot be taken back, and taught again it counts again.
"""

from __future__ import annotations

import time

from mdafilter.scorers.bayes import classify, expiry, logistic
from mdafilter.scorers.bayes.store import Change, Known, Lesson, Totals, numbers
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message import Message
    from mdafilter.scorers.bayes.store import Counts, Row

FIRST = 100  # messages of each kind that are counted in any case
DAY = 86400
LOOKS = 64  # at one lesson of so many, by chance, it is counted how many messages are remembered: it takes as long


def lesson(given: Message | bytes) -> Lesson:
    """What of the message is learned."""
    from hashlib import blake2b

    from mdafilter.message import Message
    from mdafilter.scorers.bayes import tokens

    message = Message.parse(given) if isinstance(given, bytes) else given
    field = message.headers.first("message-id")
    ids = sorted(set(numbers(tokens.tokens(message))))
    said = field.value.strip() if field is not None else ""
    text = said.encode("utf-8", "surrogatepass") + b"\0" + b"".join([number.to_bytes(4, "big") for number in ids])
    identity = int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 1  # SQLite's integers have a sign
    return Lesson(identity, tuple(ids))


def learn(store: Counts, given: Lesson, spam: bool, most: int, now: float | None = None) -> str:
    """Learns the lesson. `most` is how many octets the counts may have."""
    day = int((time.time() if now is None else now) / DAY)
    result = ""

    def work(seen: Counts) -> Change | None:
        nonlocal result
        known = seen.known(given.identity)
        if known is not None and known.spam == spam:
            result = "known"
            return None
        result = "learned" if known is None else "changed"
        totals, rows = seen.totals(), seen.rows(given.ids)
        changed: dict[int, Row] = {}
        if known is not None:
            totals, changed = _moved(known, given, rows, totals, -1)
            rows = rows | changed
        counted = _is_worth(rows, totals, spam)
        step = logistic.step(rows.values(), len(given.ids), spam, totals) if counted else 0
        now_known = Known(spam, counted, day, step)
        totals, added = _moved(now_known, given, rows, totals, 1)
        return Change(changed | added, totals, given.identity, now_known)

    store.change(work)
    if result != "known" and (store.size() > most or not given.identity % LOOKS):
        expiry.expire(store, most)
    return result


def forget(store: Counts, given: Lesson) -> str:
    """Takes the lesson back."""
    result = ""

    def work(seen: Counts) -> Change | None:
        nonlocal result
        known = seen.known(given.identity)
        if known is None:
            result = "known"
            return None
        result = "forgotten"
        totals, rows = _moved(known, given, seen.rows(given.ids), seen.totals(), -1)
        return Change(rows, totals, given.identity, None)

    store.change(work)
    return result


def _is_worth(rows: dict[int, Row], totals: Totals, spam: bool) -> bool:
    """Whether counting such a message teaches anything."""
    own, other = totals.counted_spam, totals.counted_ham
    if not spam:
        own, other = other, own
    if not other or own < min(FIRST, other):
        return True
    found = classify.evidence([row for row in rows.values() if row[0] or row[1]], totals)
    return (found if spam else -found) < classify.SURE


def _moved(known: Known, given: Lesson, rows: dict[int, Row], totals: Totals, by: int) -> tuple[Totals, dict[int, Row]]:
    """The totals and the rows with one such message more, or less."""
    names = ["spam", "counted_spam", "stepped_spam"] if known.spam else ["ham", "counted_ham", "stepped_ham"]
    happened = (True, known.counted, known.step)
    changes = {name: max(0, getattr(totals, name) + by) for name, did in zip(names, happened, strict=True) if did}
    new: dict[int, Row] = {}
    for number in given.ids if known.counted else ():
        row = rows.get(number)
        if row is None:
            if by < 0:
                continue  # expired since
            row = (0, 0, known.day, 0)
        new[number] = (
            max(0, row[0] + by) if known.spam else row[0],
            row[1] if known.spam else max(0, row[1] + by),
            max(row[2], known.day),
            row[3] + by * known.step,
        )
    return totals.replace(**changes), new
