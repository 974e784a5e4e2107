"""Where messages go: one file per target. A target stages a message, then commits it, or aborts it.

The table is all that perform.py knows: the file, the Acts that it carries out, in the order of committing. What can be
undone comes first, what cannot comes last. A target becomes part of mdafilter by its file and its line here.

A file of the table brings two functions:

    place(parcel) -> str       where the parcel goes, as a text that is the same for the same place. Looks at no disk.
                               Raises RuleFailed where this act can never be done: the message is kept instead.
    stage(parcel) -> Staged    claims a draft for it and looks how far an earlier try of the same message came.

Fails: OSError or TryAgain in stage, write and commit: the caller aborts all that was staged.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.files import CALLS, Calls
from mdafilter.targets.naming import Naming
from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.acts import Act
    from mdafilter.decision import Decided
    from mdafilter.message import Envelope
    from mdafilter.targets.maildir import MaildirFile

# file       acts
TABLE: tuple[tuple[str, str], ...] = (
    ("maildir", "Keep File"),
    ("mailbox", "Box"),
    ("pipe", "Pipe"),
    ("forward", "Redirect"),
    ("send", "Send"),
)


class Options(Value):
    """The table [delivery] of the configuration."""

    # The program that forwards mail; it is called with -i -f SENDER -- ADDRESS.
    sendmail: str = "/usr/sbin/sendmail"
    # Whether what is not filed in the inbox gets an X-Mdafilter field that says why.
    label: bool = True
    # Whether folders that are made on demand are subscribed to (Dovecot's or Courier's file).
    subscribe: bool = True
    # How an mbox file has lines of a message that look like a From line: "mboxrd" can be undone (`>From ` gets one more
    # ">"), "mboxo" is what procmail writes (only `From ` gets one).
    mbox_quoting: str = "mboxrd"
    # The quota of a Maildir that has none yet, in octets and messages: "1000000000S,10000C". A maildirsize that is
    # there goes before it: remove the file, and the next delivery makes it anew.
    quota: str = ""
    # What becomes of a message for which there is no room: "defer" (4.2.2) or "refuse" (5.2.2, back to the sender).
    over_quota: str = "defer"
    # From so many percent on a letter in the inbox warns, at most once a day; 0 sends none. Whoever has a quota should
    # know of it before mail stops coming, and nobody else meets this setting: so it is on.
    quota_warning: int = 90
    # Whether the folder Trash, and what is marked as deleted, count: to Dovecot they do, to maildrop and Courier not.
    quota_trash: bool = True

    CHOICES = {"mbox_quoting": ("mboxrd", "mboxo"), "over_quota": ("defer", "refuse")}


def check(options: Options) -> None:
    """SettingsError for what the types of the fields cannot say, all of it at once."""
    wrong: list[str] = []
    if options.quota:
        from mdafilter.targets.maildirsize import definition

        if definition(options.quota.encode("utf-8", "replace")) is None:
            wrong.append(f'[delivery] quota is like "1000000000S,10000C" (octets, messages), not {options.quota!r}')
    if not 0 <= options.quota_warning <= 100:
        wrong.append("[delivery] quota_warning is from 0 to 100")
    if wrong:
        raise SettingsError("\n".join(wrong))


class Mailbox(Value):
    """Where a user's mail lives, and how it leaves. `root` is the Maildir; for the others see Options.

    `base` is that of virtual mailboxes: what is missing between this folder and the Maildir is made, too. With an
    `over_quota` of "" a quota is kept up to date, and nothing is turned away. `environ` is the environment of the
    delivery, for programs; None is that of this process. `memory` is the folder of seen.py; "" remembers nothing.
    """

    root: str
    sendmail: str = Options.sendmail
    label: bool = Options.label
    subscribe: bool = Options.subscribe
    base: str = ""
    mbox_quoting: str = Options.mbox_quoting
    quota: str = Options.quota
    over_quota: str = Options.over_quota
    quota_trash: bool = Options.quota_trash
    environ: Mapping[str, str] | None = None
    memory: str = ""


class Parcel(Value):
    """One act with all that its target needs. `name`, of its draft, is the same in every try of the message.

    `shared`: the same octets go to other folders as well. `twins` are what was staged for those before this one.
    """

    decided: Decided
    envelope: Envelope
    mailbox: Mailbox
    key: str  # the identity of the message
    until: float  # time.monotonic() by which all of it has to be done
    naming: Naming
    calls: Calls = CALLS
    number: int = 0  # its place among the `count` places of the decision
    count: int = 1
    shared: bool = False
    twins: tuple[MaildirFile, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.key}.{self.count}.{self.number}{'.shared' if self.shared else ''}"


class Staged(Protocol):
    """A message on its way to one place.

    already   an earlier try, killed later, had completed this one: nothing is left to do but to forget
    path      where it is, once committed: a file, a program, an address
    size      octets written
    notes     facts for the journal
    """

    already: bool
    path: str
    size: int
    notes: tuple[str, ...]

    @property
    def has_run(self) -> bool:
        """Whether what cannot be undone has happened: a program has had the message."""

    @property
    def traces(self) -> tuple[str, ...]:
        """The files that `forget` removes."""

    def write(self) -> None:
        """Writes all that can fail for lack of space or permission."""

    def commit(self) -> None:
        """Makes it appear; on return it is durable."""

    def abort(self) -> bool:
        """Takes back whatever was done. False: it could not be taken back, and the evidence for the retry was left."""

    def release(self) -> None:
        """Gives up the lock; the evidence stays. From here on a retry that comes at once can see that all is done."""

    def forget(self) -> None:
        """Removes the evidence; called for all, in order, once all are committed."""


class Target(Protocol):
    """A file of the table, as a module."""

    def place(self, parcel: Parcel) -> str: ...
    def stage(self, parcel: Parcel) -> Staged: ...


def rank(act: Act) -> int:
    """The line of the table that carries out the act; -1 for an act that delivers nowhere (Discard, Reject)."""
    name = type(act).__name__
    return next((i for i, (_, acts) in enumerate(TABLE) if name in acts.split()), -1)


def load(number: int) -> Target:
    """The target of a line of the table, imported when it is needed."""
    if number not in _loaded:  # importlib is slow to load
        _loaded[number] = __import__(f"mdafilter.targets.{TABLE[number][0]}", fromlist=("stage",))
    return _loaded[number]


_loaded: dict[int, Target] = {}
