"""Teaches by TELL of spamd(8), over the connection by which messages are scored.

Spec:  spamd/PROTOCOL of SpamAssassin, "TELL"; spamd must be started with --allow-tell.

spamd says what it has changed (DidSet: local), and the same nothing where it knows a message already and where it
cannot write. So where it changed nothing it is asked to forget the message: if it did know it, it learns it again.

In:    the [spamd] table of the settings; the user whose data it is ("" is what the settings say).
Out:   Taught of each message. spamd tells no counts, and not whether a message was on the other side before.
Fails: never: a spamd that does not answer, or does not allow it, is why the messages are "failed", the rest unasked.
Bugs:  of a message larger than `max_size` its first octets are learned, as they are scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.scorers import spamd
from mdafilter.train.teachers import Counts, Taught

if TYPE_CHECKING:
    from collections.abc import Sequence

UNWRITABLE = "spamd learned nothing: use_bayes is 0, or it cannot write to its database"


class Tell:
    """A Teacher, see teachers/__init__.py."""

    def __init__(self, options: spamd.Options, user: str = "") -> None:
        self.options = options
        self.user = user

    def learn(self, verdict: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """Has them learned as "spam" or "ham"."""
        return self._all(verdict, items)

    def forget(self, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """Has them forgotten, on whatever side they are."""
        return self._all("forget", items)

    def counts(self) -> Counts | None:
        """spamd has no word for it."""
        return None

    def _all(self, what: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        done: dict[str, Taught] = {}
        for number, (id, raw) in enumerate(items):
            try:
                done[id] = self._one(what, Message.parse(raw))
            except TryAgain as failed:  # the messages are where the caller has them
                done.update((other, Taught("failed", failed.text)) for other, _ in items[number:])
                break
        return done

    def _one(self, what: str, message: Message) -> Taught:
        if self._tell(message, what):
            return Taught("forgotten" if what == "forget" else "learned")
        if what == "forget":
            return Taught("refused", "spamd did not know it, or cannot write to its database")
        if not self._tell(message, "forget"):
            return Taught("failed", UNWRITABLE)
        return Taught("known") if self._tell(message, what) else Taught("failed", UNWRITABLE)

    def _tell(self, message: Message, what: str) -> bool:
        return spamd.tell(message, what, self.options, user=self.user)
