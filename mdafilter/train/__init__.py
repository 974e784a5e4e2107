"""Training: what readers report as spam or as no spam is learned, and it can be seen that it was.

    spam@ ham@ (aliases)    a folder that a reader moved it to    an archive
            |                              |                         |
        door.py -------------------->  spool.py  <-------------------+     one file a report, fsynced: exit 0
                                           |
                                       learn.py                            in batches, under one lock
        reporter.py   who reports, and may he            originals.py   what is reported: the original, as it arrived
        bare.py       our marks and hops taken off       identity.py    which message it is
                                           |
                                       teachers/                           sa-learn, spamd, our own Bayes
                                           |
                                       ledger.py                           who, when, what, and what became of it
                                           |
                                       answer.py                           a line to the reporter

The promise is that of a delivery: a report that was taken (exit 0) is on the disk, and stays there until the ledger
says what became of it. A learner that is killed at any moment loses none, and teaches none twice. A report that may not
be made is refused with a reason in the ledger; it never bounces.

Nothing here is on the way of a message. The values that the parts hand to each other stand in this file.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS = ("spam", "ham")
SOURCES = ("alias", "watch", "archive")
# What became of a message: the two ways of having it, its side changed, not to be learned (and why), the teacher could
# not (the report stays), and taken back by `train undo`.
RESULTS = ("learned", "known", "changed", "refused", "failed", "forgotten")

# What Postfix says of a report (local(8)), by the names that the spool's files have for it. The null sender is "<>".
FACTS = (
    "sender",
    "recipient",
    "original_recipient",
    "extension",
    "domain",  # of the recipient, where local(8) says it: one whose addresses are users of this host
    "user",
    "client_address",
    "client_name",
    "sasl_username",
    "file",  # of `watch` and of an archive: the name that the message has in the reporter's Maildir
)


class Report(Value):
    """One report. `message` is what was sent to the alias, or is in the file that was moved; not yet the original."""

    verdict: str  # of VERDICTS
    source: str  # of SOURCES
    facts: Mapping[str, str]  # some of FACTS; what is missing is not known
    message: bytes
    id: str = ""  # the name of its file in the spool
    time: float = 0.0  # when it was put there, as the file system says it
    uid: int = -1  # who put it there, as the file system says it; -1 is not known


class Reporter(Value):
    """Who reports, proven as `how` says: "sasl", "local", "header", "network" or "list".

    `user` is for whom it is learned: the reporter himself, but for what somebody who may sends to spam+USER@.
    """

    name: str  # a login, or the address of somebody who has none here
    how: str
    trusted: bool = False
    user: str = ""


class Original(Value):
    """One message that is reported: its octets, how it came ("attached", "eml", "zip", "digest", "resent", "found",
    "file"), and where it was in the report."""

    raw: bytes
    how: str
    where: str = ""


class Hints(Value):
    """What a forward says of a message that is not in it: an inline forward, or a .msg."""

    message_ids: tuple[str, ...] = ()
    subject: str = ""
    date: str = ""
    sender: str = ""
