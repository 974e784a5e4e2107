"""What is counted, and what every place for it can do: sqlite.py and redis.py are such places.

    Row       in how many counted messages a token was: of spam, of ham; the day it was last taught; and its weight
              (logistic.py)
    Totals    how many messages are learned, how many of these were counted (teach.py says which are), and how many of
              those moved weights
    Lesson    a message, as far as it is learned: its tokens as numbers, and the number that it is known by
    Known     what is remembered of a message that was learned: the verdict, whether it was counted, and the step by
              which it moved the weights of its tokens
    Change    what one lesson changes; written as a whole, or not at all

A token is kept as a number of 32 bits (CRC-32): two tokens of a million share theirs with one token in 4,000. Who makes
such a pair on purpose gains no more than by writing the other word.

Fails: CountsError, whatever cannot be done.
"""

from __future__ import annotations

import zlib

from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Row = tuple[int, int, int, int]


class CountsError(Exception):
    """The counts cannot be read or written now."""


class Totals(Value):
    """Messages: learned as spam, as ham; counted as spam, as ham; of spam and of ham, those that moved weights."""

    spam: int = 0
    ham: int = 0
    counted_spam: int = 0
    counted_ham: int = 0
    stepped_spam: int = 0
    stepped_ham: int = 0

    def some(self) -> bool:
        """Whether anything is learned."""
        return self != Totals()


class Lesson(Value):
    """A message that is to be learned or forgotten."""

    identity: int
    ids: tuple[int, ...]


class Known(Value):
    """A message that was learned."""

    spam: bool
    counted: bool
    day: int
    step: int = 0


class Change(Value):
    """New rows (with nothing in them: no row any more), the new totals, and what is known of one message now."""

    rows: dict[int, Row]
    totals: Totals
    identity: int
    known: Known | None


class Whole(Value):
    """All counts of one place."""

    totals: Totals
    rows: dict[int, Row]
    known: dict[int, Known]


class Counts(Protocol):
    """A place for counts."""

    def totals(self) -> Totals:
        """How many messages."""

    def rows(self, ids: Sequence[int]) -> dict[int, Row]:
        """The rows of these tokens, as far as there are any."""

    def known(self, identity: int) -> Known | None:
        """What is known of a message."""

    def change(self, work: Callable[[Counts], Change | None]) -> None:
        """Has `work` look, and writes what it gives: all that it saw holds until then. It may be asked again."""

    def size(self) -> int:
        """Octets that all rows take."""

    def scan(self) -> Iterator[tuple[int, Row]]:
        """All rows."""

    def scan_known(self) -> Iterator[tuple[int, Known]]:
        """All messages that are known."""

    def many(self, what: str) -> int:
        """How many rows: of "token", or messages that are "known"."""

    def trim(self, what: str, left: int) -> int:
        """Leaves so many of them, and says how many went.

        The first to go are tokens of one message alone before others; of these, and of messages, the oldest.
        """

    def compact(self) -> None:
        """Gives room that is free back to the system."""

    def replace(self, whole: Whole, over: bool) -> Totals | None:
        """Puts these counts in the place of all that are there, as a whole or not at all.

        Only if none are there, without `over`: else it returns what is there, and nothing has changed.
        """

    def close(self) -> None:
        """Ends the use."""


def numbers(names: Sequence[str]) -> list[int]:
    """The numbers of tokens, in their order."""
    crc = zlib.crc32
    return [crc(name.encode("utf-8", "surrogatepass")) for name in names]
