"""Taking back what was learned: the teacher forgets the message, and the ledger has a line that says so.

Nothing is deleted from the ledger: who took it back, and when, is a line like any other ("forgotten"), and where the
message stands follows from the newest. It is added before the teacher is asked and finished after, as the learner does.

In:    the ledger; the id of a line; the octets of its message, or None for those that the ledger has kept; a function
       that gives the teacher for its name and a database (train/learn.py).
Out:   the new line.
Fails: CannotUndo, with the reason; the ledger is as it was.
"""

from __future__ import annotations

from mdafilter.errors import MdafilterError
from mdafilter.train.ledger import Line
from mdafilter.values import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mdafilter.train.ledger import Ledger


class CannotUndo(MdafilterError):
    """The line cannot be taken back."""


class Counted(Protocol):
    """How much a database has learned."""

    @property
    def spam(self) -> int: ...

    @property
    def ham(self) -> int: ...


class Told(Protocol):
    """What a teacher says of one message."""

    @property
    def result(self) -> str: ...

    @property
    def why(self) -> str: ...

    @property
    def before(self) -> Counted | None: ...

    @property
    def after(self) -> Counted | None: ...


class Forgetful(Protocol):
    """What is asked of a teacher here (train/teachers)."""

    def forget(self, items: Sequence[tuple[str, bytes]]) -> Mapping[str, Told]:
        """Has the messages (an id, the octets) forgotten."""
        ...


def undo(
    ledger: Ledger, id: int, raw: bytes | None, teacher: Callable[[str, str], Forgetful], by: str, now: float
) -> Line:
    """Has the message of a line forgotten; `by` is who wants it."""
    line = ledger.line(id)
    if line is None:
        raise CannotUndo(f"{id}: there is no such line in {ledger.path}")
    standing = next(iter(ledger.find(line.hash, line.database, line.teacher)), None)
    if standing is None:
        raise CannotUndo(f"{id}: nothing was learned of it ({line.result or 'not finished'}: {line.why})")
    if standing.result == "forgotten":
        raise CannotUndo(f"{id}: it was forgotten already ({standing.id})")
    raw = ledger.kept(line.hash) if raw is None else raw
    if raw is None:
        raise CannotUndo(f"{id}: its message is no longer kept: give it with --message FILE")
    again = Line(
        now, by, "local", line.verdict, line.source, line.hash, line.message_id, line.subject,
        database=line.database, teacher=line.teacher, report=f"undo.{id}",
    )  # fmt: skip
    new = ledger.add(again)
    told = teacher(line.teacher, line.database).forget([(str(new), raw)])[str(new)]
    # "refused" by one that forgets is: it did not have it. So it stands as forgotten, and the reason says how.
    result = "forgotten" if told.result in ("forgotten", "refused") else "failed"
    why = "; ".join(filter(None, (f"takes back {id}", told.why)))
    ledger.finish(new, result, why, _pair(told.before), _pair(told.after))
    done = ledger.line(new)
    assert done is not None
    return done


def _pair(counts: Counted | None) -> tuple[int, int] | None:
    return (counts.spam, counts.ham) if counts else None
