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

from mdafilter.files import CALLS, Calls
from mdafilter.targets.naming import Naming
from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.decision import Decided
    from mdafilter.message import Envelope

# file       acts
TABLE: tuple[tuple[str, str], ...] = (
    ("maildir", "Keep File"),
    ("mailbox", "Box"),
    ("pipe", "Pipe"),
    ("forward", "Redirect"),
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

    CHOICES = {"mbox_quoting": ("mboxrd", "mboxo")}


class Mailbox(Value):
    """Where a user's mail lives, and how it leaves. `root` is the Maildir; for the others see Options.

    `base` is that of virtual mailboxes: what is missing between this folder and the Maildir is made, too.
    """

    root: str
    sendmail: str = Options.sendmail
    label: bool = Options.label
    subscribe: bool = Options.subscribe
    base: str = ""
    mbox_quoting: str = Options.mbox_quoting


class Parcel(Value):
    """One act with all that its target needs. `name`, of its draft, is the same in every try of the message."""

    decided: Decided
    envelope: Envelope
    mailbox: Mailbox
    key: str  # the identity of the message
    until: float  # time.monotonic() by which all of it has to be done
    naming: Naming
    calls: Calls = CALLS
    number: int = 0  # its place among the `count` places of the decision
    count: int = 1

    @property
    def name(self) -> str:
        return f"{self.key}.{self.count}.{self.number}"


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
    module: Target = __import__(
        f"mdafilter.targets.{TABLE[number][0]}", fromlist=("stage",)
    )  # importlib is slow to load
    return module
