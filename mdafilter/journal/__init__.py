"""The journal: what was decided for a message, by which rule, at file:line. One function per fact that is logged.

Each message is one line of JSON (journal/line.py) in a file of its user or of the site (journal/file.py), and a line in
the mail log (journal/maillog.py). journal/read.py reads it back for `why` and `report`.

In:    a Journal (where to write) and an Entry (the facts of one delivery), which the pipeline fills in.
Out:   a note that says why the file could not be written, "" if it was. Never an exception: the journal tells about a
       delivery, it is no part of one. The mail log still has its line then, and the note too.
Privacy: addresses and what matched are in the file, so it is 0600, in a directory that is made 0700. Nothing of a body
       is written, except what a rule on the body says that it matched (limits.WHY_OCTETS).
Not synced: after a power failure the last lines may be missing; X-Mdafilter in the message still says why it is there.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.journal import file, line, maillog
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Options(Value):
    """The [journal] table of the configuration."""

    path: str = ""  # "" is default_path(); %u %h %d %n are expanded before a Journal is made of it
    syslog: bool = True
    max_size: int = limits.JOURNAL_OCTETS
    keep: int = limits.JOURNAL_KEEP  # older files: journal.jsonl.1 to .KEEP; at least 1


class Journal(Value):
    """Where to write. `path` "" writes no file."""

    path: str
    syslog: bool = True
    max_size: int = limits.JOURNAL_OCTETS
    keep: int = limits.JOURNAL_KEEP

    @classmethod
    def of(cls, options: Options, path: str) -> Journal:
        """The journal of these options; `path` is options.path with its templates expanded, or default_path()."""
        return cls(path, options.syslog, options.max_size, options.keep)


class Filed(Value):
    """One act of a decision, as it was carried out.

    `action` is "keep", "file", "redirect", "pipe", "discard" or "reject"; `to` the folder, address or program. At an
    event of IMAP it may be "flags", and `to` says which the message has got (+) and lost (-), or "expunge".
    `name` is the base name of the file that the message is in, "" where there is none.
    """

    action: str
    to: str = ""
    rule: str = ""  # file:line; "" is the implicit keep
    why: str = ""  # what matched
    name: str = ""
    done: bool = True


class Score(Value):
    """What a scorer said."""

    scorer: str
    score: float
    threshold: float
    spam: bool
    symbols: tuple[str, ...] = ()
    scanned: int = 0  # octets looked at, where that is less than the message; 0 is all


class Entry(Value):
    """The facts of one delivery. The order of the fields is that of the members of the JSON line."""

    time: float  # seconds since the epoch, when the delivery ended
    id: str = ""  # Postfix' queue id, or new_id()
    status: str = (
        ""  # "delivered", "deferred", "refused", "discarded", "refiled", "event" ...: set by the functions below
    )
    message_id: str = ""  # as it stands in the message, with its <>
    sender: str = ""
    recipient: str = ""
    original_recipient: str = ""
    size: int = 0
    acts: tuple[Filed, ...] = ()
    score: Score | None = None
    notes: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    delay: float = 0.0  # seconds
    reason: str = ""  # why it was deferred or refused
    dsn: str = ""  # enhanced status code (RFC 3463) of a deferred or refused message
    version: str = ""  # of mdafilter
    policy: str = ""  # what the policy daemon had found, or why it is not believed


class Event(Value):
    """A fact that is no delivery: a rule file that does not compile ("rules"), a message learned from ("training")."""

    time: float
    event: str
    text: str
    file: str = ""
    id: str = ""
    message_id: str = ""
    user: str = ""


def delivered(journal: Journal, entry: Entry) -> str:
    """The message is where its acts say."""
    return _write(journal, entry.replace(status="delivered"))


def discarded(journal: Journal, entry: Entry) -> str:
    """A rule wanted the message gone, and it is."""
    return _write(journal, entry.replace(status="discarded"))


def refused(journal: Journal, entry: Entry, reason: str, dsn: str = "5.7.1") -> str:
    """A rule wanted the sender to get it back."""
    return _write(journal, entry.replace(status="refused", reason=reason, dsn=dsn))


def refiling(journal: Journal, entry: Entry) -> str:
    """A message that was delivered before is about to be moved, by rules that were run over stored mail.

    `refiled` or `unmoved` follows, with the same id, unless the process is killed. The mail log has only what follows.
    """
    return _append(journal, entry.replace(status="refiling"))


def refiled(journal: Journal, entry: Entry) -> str:
    """It has been moved."""
    return _write(journal, entry.replace(status="refiled"))


def unmoved(journal: Journal, entry: Entry, reason: str) -> str:
    """It could not be moved, and lies where it lay; its acts are not done."""
    return _write(journal, entry.replace(status="unmoved", reason=reason))


def attended(journal: Journal, entry: Entry) -> str:
    """A script has run because of what a reader did to a message that lies in a folder already (RFC 6785)."""
    return _write(journal, entry.replace(status="event"))


def deferred(journal: Journal, entry: Entry, reason: str, dsn: str = "4.3.0") -> str:
    """Not delivered; it is still in Postfix' queue, which comes back with it."""
    return _write(journal, entry.replace(status="deferred", reason=reason, dsn=dsn))


def rule_problem(journal: Journal, time: float, file_name: str, text: str, id: str = "", user: str = "") -> str:
    """A rule file does not compile; `text` is all of its problems. The messages go on without it, or are deferred."""
    return _happened(journal, Event(time, "rules", text, file_name, id, "", user))


def trained(journal: Journal, time: float, text: str, message_id: str, id: str = "", user: str = "") -> str:
    """A message was handed to the scorer to learn from, or why it was not."""
    return _happened(journal, Event(time, "training", text, "", id, message_id, user))


def new_id(now: float) -> str:
    """An id for a message that came without a queue id: the time in microseconds, told from Postfix' ids by the "m"."""
    return f"m{int(now * 1_000_000):x}"


def default_path(environ: Mapping[str, str], home: str) -> str:
    """Where a user's journal is, by the XDG Base Directory Specification (a relative XDG_STATE_HOME is ignored)."""
    state = environ.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        state = f"{home}/.local/state"
    return f"{state}/mdafilter/journal.jsonl"


def _write(journal: Journal, entry: Entry) -> str:
    if journal.syslog:
        for text in maillog.lines(entry):
            maillog.send(text, entry.status == "deferred")
    return _append(journal, entry)


def _happened(journal: Journal, event: Event) -> str:
    if journal.syslog:
        maillog.send(maillog.event(event), event.event == "rules")
    return _append(journal, event)


def _append(journal: Journal, fact: Entry | Event) -> str:
    if not journal.path:
        return ""
    try:
        file.append(journal.path, line.encode(fact), max_size=journal.max_size, keep=journal.keep)
    except OSError as error:  # the message is where the fact says; only the line about it is missing
        note = f"the journal {journal.path} cannot be written: {error.strerror or error}"
        if journal.syslog:
            maillog.send(maillog.clean(note), True)
        return note
    return ""
