"""A stored file in, what becomes of it out: as a tuple that a process can say to another one (crew.py).

In:    the Setup of a delivery into this Maildir, with the rules; a World that is still; Stored.
Out:   () where the message stays and there is nothing to say; else the fields of a Fate, or of a Difference.
Fails: never: a message that cannot be read, or for which a scorer has no answer, is UNREAD, and stays.
"""

from __future__ import annotations

from mdafilter import pipeline
from mdafilter.errors import MdafilterError
from mdafilter.refiling.fate import MOVES, STAYS, UNREAD, Fate, delivered, fate
from mdafilter.refiling.still import Still
from mdafilter.refiling.stored import Letter, Stored, letter
from mdafilter.values import TYPE_CHECKING, Value

MESSAGE_ID = 998  # characters (RFC 5322 section 2.1.1: the longest line)

if TYPE_CHECKING:
    from mdafilter.decision import Decision
    from mdafilter.outside import Outside
    from mdafilter.pipeline import Setup


class Difference(Value):
    """What two rule sets make of a message: where a delivery would bring it, and by which rule."""

    old: str
    old_rule: str
    new: str
    new_rule: str
    why: str = ""  # what matched, of the new ones; else of the old ones


class Judge:
    """The rules of a Setup, for one message after the other."""

    def __init__(self, setup: Setup, outside: Outside, user: str, discard_to: str | None = None) -> None:
        self.setup = setup
        self.world = Still(outside)
        self.user = user
        self.discard_to = discard_to

    def read(self, stored: Stored) -> Letter:
        """OSError."""
        return letter(stored.path(self.setup.mailbox), self.user, self.setup.settings.recipient_delimiter)

    def decide(self, found: Letter) -> Decision:
        """What a delivery would decide. MdafilterError, OSError."""
        self.world.turn_to(found.envelope, found.time)
        return pipeline.decide(found.message, found.envelope, self.setup, self.world, trace=False)

    def fate(self, stored: Stored) -> tuple[object, ...]:
        """The Fate of a message."""
        try:
            found = self.read(stored)
            decision = self.decide(found)
        except FileNotFoundError:
            return _UNREAD_GONE
        except OSError as failed:
            return Fate(UNREAD, failed.strerror or str(failed))._values()
        except MdafilterError as failed:
            return Fate(UNREAD, str(failed))._values()
        judged = fate(decision, stored.folder, found.label, tuple(sorted(self.world.unasked)), self.discard_to)
        if judged.kind == MOVES:
            field, about = found.message.headers.first("message-id"), found.envelope
            message_id = field.text.strip()[:MESSAGE_ID] if field else ""
            judged = judged.replace(head=(message_id, about.sender, about.recipient, found.size))
        return () if judged.kind == STAYS and not judged.notes else judged._values()


class Comparison:
    """Two rule sets, for one message after the other."""

    def __init__(self, old: Judge, new: Judge) -> None:
        self.old = old
        self.new = new

    def difference(self, stored: Stored) -> tuple[object, ...]:
        """The Difference, or () where there is none."""
        try:
            found = self.old.read(stored)
            old, old_rule, old_why = delivered(self.old.decide(found))
            new, new_rule, new_why = delivered(self.new.decide(found))
        except (OSError, MdafilterError) as failed:
            return Difference(str(failed), "", str(failed), "")._values()
        return () if old == new else Difference(old, old_rule, new, new_rule, new_why or old_why)._values()


_UNREAD_GONE = Fate(UNREAD, "it has gone meanwhile")._values()
