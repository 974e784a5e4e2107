"""What the journal is told of a delivery: a journal.Entry from the message, the decision and the receipts.

In:    the values that the pipeline has in its hands; the journal itself is below them and knows none of them.
Out:   an Entry, begun when the message comes and completed when it is where it belongs.
Fails: never; a field that the message lacks is "".
"""

from __future__ import annotations

from mdafilter import journal
from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.receipts import UNSENT
from mdafilter.values import TYPE_CHECKING, never

if TYPE_CHECKING:
    from mdafilter.decision import Decision
    from mdafilter.message import Envelope, Message
    from mdafilter.receipts import Receipt, Receipts

MESSAGE_ID = 998  # characters (RFC 5322 section 2.1.1: the longest line)


def begun(message: Message, envelope: Envelope, now: float) -> journal.Entry:
    """The entry of a message that has just come: who, what, how large."""
    return journal.Entry(
        now,
        id=envelope.queue_id or queue_id(message) or journal.new_id(now),
        message_id=_first(message, "message-id")[:MESSAGE_ID],
        sender=envelope.sender,
        recipient=envelope.recipient or envelope.user,
        original_recipient=envelope.original_recipient,
        size=len(message.octets),
    )


def ended(entry: journal.Entry, now: float) -> journal.Entry:
    """The same entry when it is over, one way or the other."""
    return entry.replace(time=now, delay=now - entry.time)


def completed(entry: journal.Entry, message: Message, decision: Decision, receipts: Receipts) -> journal.Entry:
    """The entry with what was decided, what was done, and what the scorer said."""
    verdict = decision.verdict
    score = verdict and journal.Score(
        verdict.scorer, verdict.score, verdict.threshold, verdict.spam, verdict.symbols, verdict.scanned
    )
    return entry.replace(
        acts=tuple(filed(receipt) for receipt in receipts.receipts),
        score=score,
        policy=str(decision.policy or ""),
        notes=(*decision.notes, *receipts.notes),
        defects=tuple(defect.name for defect in message.defects),
    )


def write(where: journal.Journal, entry: journal.Entry, receipts: Receipts) -> None:
    """One line in the journal, under the fact that it is. A journal that cannot be written fails no delivery."""
    if receipts.reply:
        status, _, text = receipts.reply.partition(" ")
        (journal.deferred if status.startswith("4.") else journal.refused)(where, entry, " ".join(text.split()), status)
    elif refused := next((one.act for one in receipts.receipts if isinstance(one.act, Reject)), None):
        journal.refused(where, entry, " ".join(refused.text.split()), refused.status)  # a letter of ours has told it
    elif all(receipt.done == "discarded" for receipt in receipts.receipts):
        journal.discarded(where, entry)
    else:
        journal.delivered(where, entry)


def filed(receipt: Receipt) -> journal.Filed:
    """A receipt as the journal has it."""
    act = receipt.act
    match act:
        case Keep() | File():
            kind, to = ("keep" if isinstance(act, Keep) else "file"), receipt.folder
        case Box(path=path):
            kind, to = "file", path
        case Redirect(address=address):
            kind, to = "redirect", address
        case Pipe(command=command):
            kind, to = "pipe", " ".join(command)
        case Send(what=what, to=addresses):
            kind, to = what, ", ".join(addresses)
        case Discard() | Reject():
            kind, to = ("discard" if isinstance(act, Discard) else "reject"), ""
        case _:
            never(act)
    rule = str(receipt.at) if receipt.at else ""
    name = receipt.path.rpartition("/")[2] if isinstance(act, Keep | File | Box) else ""
    return journal.Filed(kind, to, rule, receipt.why, name, receipt.done != UNSENT)


def queue_id(message: Message) -> str:
    """Postfix' queue id, from the topmost Received field: no mailbox_command is told it in another way."""
    words = _first(message, "received").replace(";", " ").split()
    at = words.index("id") + 1 if "id" in words else len(words)
    found = "".join(words[at : at + 1])
    return found if found.isalnum() and found.isascii() and len(found) <= 32 else ""


def _first(message: Message, name: str) -> str:
    field = message.headers.first(name)
    return field.text if field else ""
