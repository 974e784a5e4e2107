"""Counts in Redis or Valkey, shared by hosts.

    mdafilter:bayes:NAME:token     hash: number -> "spam ham day weight"
    mdafilter:bayes:NAME:known     hash: message -> "spam counted day step"
    mdafilter:bayes:NAME:total     hash: spam, ham, counted_spam, counted_ham, stepped_spam, stepped_ham, version

A fourth number that is not there is 0: so it was before there were weights.

A lesson is a transaction: what it has looked at is watched, and if another host has learned meanwhile it looks again
(redis.io, "Transactions": optimistic locking). A delivery asks for its own tokens alone, in two round trips.

In:    a URL (resp.py), and whose counts they are.
Out:   as store.Counts. Fails: CountsError, also for counts of another version of the tokens.
Bugs:  whether a lesson outlives the server is what its configuration says (appendonly). A cluster is not followed.
       While old tokens go, one of them that another host teaches just then may go as well.
       A host that runs the version without weights cannot read rows that have one: it abstains, and learns later.
"""

from __future__ import annotations

from mdafilter.scorers.bayes.resp import Line, place
from mdafilter.scorers.bayes.store import CountsError, Known, Totals
from mdafilter.scorers.bayes.tokens import VERSION
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mdafilter.scorers.bayes.resp import Reply, Word
    from mdafilter.scorers.bayes.store import Change, Counts, Row, Whole

TURNS = 100  # how often a lesson looks again because others learn at the same time
AT_ONCE = 5000  # fields in one command
ROW_OCTETS = 64  # that one token takes in the server's memory, about


def faults(url: str) -> list[str]:
    """What is wrong with a URL, for the settings."""
    try:
        place(url)
    except ValueError as failed:
        return [f"[bayes] path {failed}"]
    return []


class Redis:
    """Implements store.Counts."""

    def __init__(self, url: str, name: str, timeout: float) -> None:
        self._key = f"mdafilter:bayes:{name}"
        self._line = Line.open(url, timeout)

    def totals(self) -> Totals:
        """How many messages. CountsError where they were counted by other tokens."""
        found = _pairs(self._line.ask("HGETALL", f"{self._key}:total"))
        if found and found.get("version") != VERSION:
            raise CountsError(f"Redis: {self._key} has version {found.get('version')} of the counts, not {VERSION}")
        return Totals(*[found.get(name, 0) for name in Totals._fields])

    def rows(self, ids: Sequence[int]) -> dict[int, Row]:
        """The rows of these tokens, as far as there are any."""
        out: dict[int, Row] = {}
        for some in _some(ids):
            found = self._line.ask("HMGET", f"{self._key}:token", *some)
            for number, text in zip(some, found if isinstance(found, list) else [], strict=True):
                if isinstance(text, bytes):
                    out[number] = _row(text)
        return out

    def known(self, identity: int) -> Known | None:
        """What is known of a message."""
        found = self._line.ask("HGET", f"{self._key}:known", identity)
        return _known(found) if isinstance(found, bytes) else None

    def change(self, work: Callable[[Counts], Change | None]) -> None:
        """Looks, and writes if nobody has written since; else looks again."""
        for _ in range(TURNS):
            self._line.ask("WATCH", f"{self._key}:total")  # every lesson writes it
            change = work(self)
            if change is None:
                self._line.ask("UNWATCH")
                return
            replies = self._line.ask_all([("MULTI",), *self._writing(change), ("EXEC",)])
            if replies[-1] is not None:
                return
        raise CountsError("Redis: others learn at the same time, without end")

    def _writing(self, change: Change) -> Iterator[Sequence[Word]]:
        kept = {number: row for number, row in change.rows.items() if row[0] or row[1]}
        yield from self._put(kept)
        for some in _some([number for number in change.rows if number not in kept]):
            yield ("HDEL", f"{self._key}:token", *some)
        if change.known is None:
            yield ("HDEL", f"{self._key}:known", change.identity)
        else:
            yield from self._know({change.identity: change.known})
        yield self._total(change.totals)

    def _put(self, rows: dict[int, Row]) -> Iterator[Sequence[Word]]:
        for some in _some(list(rows)):
            words = [word for number in some for word in (number, "{} {} {} {}".format(*rows[number]))]
            yield ("HSET", f"{self._key}:token", *words)

    def _know(self, known: dict[int, Known]) -> Iterator[Sequence[Word]]:
        for some in _some(list(known)):
            words: list[Word] = []
            for number in some:
                one = known[number]
                words += (number, f"{one.spam:d} {one.counted:d} {one.day} {one.step}")
            yield ("HSET", f"{self._key}:known", *words)

    def _total(self, totals: Totals) -> Sequence[Word]:
        words = [word for name in Totals._fields for word in (name, getattr(totals, name))]
        return ("HSET", f"{self._key}:total", *words, "version", VERSION)

    def size(self) -> int:
        """Octets that all rows take, about."""
        return (self.many("token") + self.many("known")) * ROW_OCTETS

    def many(self, what: str) -> int:
        """How many fields a hash has."""
        found = self._line.ask("HLEN", f"{self._key}:{what}")
        return found if isinstance(found, int) else 0

    def scan(self) -> Iterator[tuple[int, Row]]:
        """All rows; one that is written meanwhile may come twice."""
        for number, text in self._scan("token"):
            yield number, _row(text)

    def scan_known(self) -> Iterator[tuple[int, Known]]:
        """All messages that are known."""
        for number, text in self._scan("known"):
            yield number, _known(text)

    def _scan(self, what: str) -> Iterator[tuple[int, bytes]]:
        cursor: Word = 0
        while True:
            found = self._line.ask("HSCAN", f"{self._key}:{what}", cursor, "COUNT", AT_ONCE)
            assert isinstance(found, list) and isinstance(found[0], bytes) and isinstance(found[1], list)
            for name, text in zip(found[1][::2], found[1][1::2], strict=True):
                if isinstance(name, bytes) and isinstance(text, bytes):
                    yield int(name), text
            if found[0] == b"0":
                return
            cursor = found[0]

    def trim(self, what: str, left: int) -> int:
        """Leaves so many fields. Killed in the middle, fewer have gone."""
        over = self.many(what) - left
        if over <= 0:
            return 0
        order = sorted([(*_age(what, _row(text)), number) for number, text in self._scan(what)])
        ids = [one[-1] for one in order[:over]]
        for some in _some(ids):
            self._line.ask("HDEL", f"{self._key}:{what}", *some)
        return len(ids)

    def compact(self) -> None:
        """Nothing: what the server does with its memory is its own."""

    def replace(self, whole: Whole, over: bool) -> Totals | None:
        """Puts these counts in the place of all that are there, in one transaction."""
        names = [f"{self._key}:{what}" for what in ("token", "known", "total")]
        commands = [*self._put(whole.rows), *self._know(whole.known), self._total(whole.totals)]
        for _ in range(TURNS):
            self._line.ask("WATCH", f"{self._key}:total")
            if not over and (found := self.totals()).some():
                self._line.ask("UNWATCH")
                return found
            if self._line.ask_all([("MULTI",), ("DEL", *names), *commands, ("EXEC",)])[-1] is not None:
                return None
        raise CountsError("Redis: others learn at the same time, without end")

    def close(self) -> None:
        """Ends the connection."""
        self._line.close()


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(ids), AT_ONCE):
        yield ids[at : at + AT_ONCE]


def _pairs(reply: Reply) -> dict[str, int]:
    if not isinstance(reply, list):
        return {}
    words = [word.decode("latin-1") if isinstance(word, bytes) else "" for word in reply]
    return {name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)}


def _age(what: str, row: Row) -> tuple[bool, int]:
    """What is the least goes first (store.Counts)."""
    return (what == "token" and row[0] + row[1] > 1), row[2]


def _row(text: bytes) -> Row:
    try:
        first, second, third, *more = map(int, text[:ROW_OCTETS].split())
        (fourth,) = more or (0,)
    except ValueError as failed:
        raise CountsError(f"Redis: {text[:ROW_OCTETS]!r} are no counts") from failed
    return first, second, third, fourth


def _known(text: bytes) -> Known:
    spam, counted, day, step = _row(text)
    return Known(bool(spam), bool(counted), day, step)
