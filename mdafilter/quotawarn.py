"""The letter that tells a user that the mailbox is nearly full: when mail comes, and at most once a day.

The file `quotawarn` in the Maildir remembers when, as that of maildrop does, so that two programs on one Maildir do not
both write. It is touched when the letter is in its place: after a SIGKILL before that the next message brings it again.

The letter is a delivery of its own, after that of the message. It counts as every message does, but is not turned away.

In:    the Receipts of a delivery into a Maildir with a quota.
Out:   the same, with what became of the letter.
Fails: never: the message is in the mailbox, and a note says why there is no letter.
"""

from __future__ import annotations

import os
import time

from mdafilter import limits, perform
from mdafilter.acts import Keep
from mdafilter.decision import Decided, Decision
from mdafilter.errors import TryAgain
from mdafilter.files import CALLS
from mdafilter.letter import compose
from mdafilter.message import Message
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.files import Calls
    from mdafilter.message import Envelope
    from mdafilter.receipts import Receipts
    from mdafilter.targets import Mailbox
    from mdafilter.targets.maildirsize import Usage

NAME = "quotawarn"


def warned(receipts: Receipts, envelope: Envelope, mailbox: Mailbox, newline: bytes, calls: Calls = CALLS) -> Receipts:
    """Delivers the letter, if none was delivered within a day."""
    usage, now = receipts.usage, time.time()
    if usage is None:
        return receipts
    try:
        memory = _due(calls, f"{mailbox.root}/{NAME}", now)
        if memory is None:
            return receipts
        try:
            told = _told(usage, envelope, mailbox, newline, now, calls)
            _remember(calls, memory)
        finally:
            calls.close(memory)
    except (TryAgain, OSError) as error:  # nothing of the letter is left; the message is where its receipts say
        why = error.strerror if isinstance(error, OSError) else error.text
        return receipts.replace(notes=(*receipts.notes, f"no letter that the mailbox is nearly full: {why}"))
    return receipts.replace(receipts=(*receipts.receipts, *told.receipts), notes=(*receipts.notes, *told.notes))


def _due(calls: Calls, path: str, now: float) -> int | None:
    """A descriptor of the file that remembers; None where a letter was sent within a day.

    Whoever could not note that a letter was sent would send one with every message: so that is tried before, by a time
    that says "long ago". A time that is to come yet is none at all.
    """
    try:
        if 0 <= now - calls.lstat(path).st_mtime < limits.QUOTA_WARNING_SECONDS:
            return None
    except FileNotFoundError:
        pass  # no letter was ever sent
    fd = calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        calls.utime(fd, (0, 0))
    except BaseException:
        calls.close(fd)
        raise
    return fd


def _remember(calls: Calls, memory: int) -> None:
    try:
        calls.utime(memory)
    except OSError:
        pass  # the letter is in the inbox; the next message brings it again


def _told(usage: Usage, envelope: Envelope, mailbox: Mailbox, newline: bytes, now: float, calls: Calls) -> Receipts:
    fate = "goes back to its senders" if mailbox.over_quota == "refuse" else "waits for some days, and then goes back"
    text = compose(
        envelope.recipient or envelope.user,
        f"Your mailbox is nearly full: {usage.percent} %",
        [
            f"Your mailbox is {usage.percent} % full: {usage}.",
            "",
            f"When it is full, new mail cannot be delivered: it {fate}.",
            "Please delete messages that you no longer need, or move them to another place. Large ones help most;",
            "look into the folders for sent mail, spam and deleted mail as well, and empty the trash.",
            "",
            "You get this letter at most once a day, when mail comes.",
        ],
        newline,
        now,
    )
    about = Message.parse(text)
    decided = Decided(Keep(), about, None, f"the mailbox is {usage.percent} % full")
    receipts = perform.perform(Decision((decided,)), about, envelope, mailbox.replace(over_quota=""), calls=calls)
    receipts.forget()
    return receipts
