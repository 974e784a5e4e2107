"""Whom messages are taught to. A teacher is a line in TEACHERS and a file of that name here.

    sa-learn   salearn.py   SpamAssassin's sa-learn(1), for all of a batch one start of Perl
    spamd      tell.py      SpamAssassin's spamd(8) by TELL, where it was started with --allow-tell
    bayes      own.py       the scorer of our own (scorers/bayes)

Each gets a batch of messages and says of every one what has become of it:

    learned     it is in the database, and was not before
    known       it was there on that side already: nothing has changed
    changed     it was on the other side, was forgotten there, and is learned
    forgotten   (of forget) it was there, and is no longer
    refused     it is no message to learn from, or (of forget) it was not there
    failed      the teacher could not, or did not say: it is to be asked again, and counts nothing twice then

What no teacher may have is in fit.py.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Name in the settings: module.
TEACHERS: dict[str, str] = {
    "sa-learn": "salearn",
    "spamd": "tell",
    "bayes": "own",
}


class Counts(Value):
    """Messages that a database has learned from."""

    spam: int
    ham: int

    def plus(self, spam: int, ham: int) -> Counts:
        """So many more, or fewer; none is below nothing."""
        return Counts(max(0, self.spam + spam), max(0, self.ham + ham))


class Taught(Value):
    """What has become of one message; see above. The counts are those beside it, where the teacher tells them."""

    result: str
    why: str = ""
    before: Counts | None = None
    after: Counts | None = None


class Teacher(Protocol):
    """What every teacher does. `items` are (an id of the caller's, the message); every id gets its Taught."""

    def learn(self, verdict: str, items: Sequence[tuple[str, bytes]]) -> Mapping[str, Taught]:
        """Has the messages learned as "spam" or "ham". Fails never: that is a result."""
        ...

    def forget(self, items: Sequence[tuple[str, bytes]]) -> Mapping[str, Taught]:
        """Has the messages forgotten, on whatever side they are."""
        ...

    def counts(self) -> Counts | None:
        """How much is learned; None where the teacher does not tell."""
        ...
