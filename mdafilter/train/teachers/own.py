"""Teaches the scorer of our own (scorers/bayes), as the user whose counts they are.

Counts in a file of a user are written by that user: root forks, gives up its rights for good, and is told by a pipe.

In:    the [bayes] table of the settings; the Account, None for who we are; the database: a user, or "site".
Out:   Taught of each message; the counts are those before the call, and what its results make of them.
Fails: never: what cannot be opened or written is why the messages are "failed". Those of them that were learned before
       it failed are known the next time.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from mdafilter.delivery import give_up_root
from mdafilter.errors import MdafilterError
from mdafilter.scorers import bayes
from mdafilter.train.teachers import Counts, Taught

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mdafilter.train.teachers.salearn import Account


class Own:
    """A Teacher, see teachers/__init__.py."""

    def __init__(self, options: bayes.Options, account: Account | None, database: str) -> None:
        self.options = options
        self.account = account
        self.user = account.name if account else database
        self.home = account.home if account else os.path.expanduser("~")

    def learn(self, verdict: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """Has them learned as "spam" or "ham"."""
        raws = [raw for _, raw in items]
        return self._all(
            verdict, items, lambda: bayes.learn_all(raws, verdict, self.options, self.user, home=self.home)
        )

    def forget(self, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """Has them forgotten, on whatever side they are."""
        return self._all(
            "", items, lambda: [bayes.forget(raw, self.options, self.user, home=self.home) for _, raw in items]
        )

    def counts(self) -> Counts | None:
        """How much is learned."""
        found = self._as_user(self._counted)
        return None if isinstance(found, str) else Counts(*found)

    def _counted(self) -> tuple[int, int]:
        return bayes.counts(self.options, self.user, home=self.home)

    def _all(
        self, verdict: str, items: Sequence[tuple[str, bytes]], work: Callable[[], list[str]]
    ) -> dict[str, Taught]:
        if not items:
            return {}
        told = self._as_user(lambda: (self._counted(), work(), self._counted()))
        if isinstance(told, str):
            return {id: Taught("failed", told) for id, _ in items}
        before, results, after = told
        if not verdict:
            each = [Taught("refused", "it was not known") if r == "known" else Taught(r) for r in results]
            # Of all together the counts are known, of one alone if there was but one.
            one = {"before": Counts(*before), "after": Counts(*after)} if len(each) == 1 else {}
            return {id: taught.replace(**one) for (id, _), taught in zip(items, each, strict=True)}
        done: dict[str, Taught] = {}
        now = Counts(*before)
        side = (1, 0) if verdict == "spam" else (0, 1)
        for (id, _), result in zip(items, results, strict=True):
            then = now if result == "known" else now.plus(*side)
            if result == "changed":
                then = then.plus(-side[1], -side[0])
            done[id] = Taught(result, "", now, then)
            now = then
        return done

    def _as_user(self, work: Callable[[], Any]) -> Any:
        """What the work returns; a text is why it could not be done."""
        if self.account is None or self.account.uid == os.geteuid():
            return _done(work)
        reading, writing = os.pipe2(os.O_CLOEXEC)
        child = os.fork()
        if child == 0:
            try:
                with open(writing, "w", encoding="utf-8") as pipe:
                    json.dump(_done(lambda: self._dropped(work)), pipe)
            finally:
                os._exit(0)  # whatever happened: what the pipe says is what counts
        os.close(writing)
        with open(reading, encoding="utf-8") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        try:
            return json.loads(text)
        except ValueError:
            return f"the scorer could not be taught as {self.user}"

    def _dropped(self, work: Callable[[], Any]) -> Any:
        self.become()
        return work()

    def become(self) -> None:
        """Gives up root's rights for those of the account, if that is another one, for good. OSError, TryAgain."""
        if self.account is None or self.account.uid == os.geteuid():
            return
        os.umask(0o077)
        give_up_root(self.account.uid, self.account.gid, self.account.name)
        os.environ["HOME"] = self.home
        os.environ.pop("XDG_STATE_HOME", None)


def _done(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (MdafilterError, OSError) as failed:  # the messages are where the caller has them
        return str(failed)
