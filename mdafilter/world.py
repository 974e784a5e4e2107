"""The doors to the outside, as one Protocol. Rules ask the World; nothing else in a rule does I/O.

`outside.py` is the real World, tests and `explain` bring their own. The World is asked only when a rule asks, and an
answer that costs something (a score) is asked for once in a message: the Scene remembers it.

Looking is not remembering: no method here changes anything that a retried delivery could meet again. What is to be
remembered is an Act of the Decision and is written at commit. A word that needs another door adds it here.

Fails: TryAgain, when policy says that no answer means "try again". Everything else is an answer.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Pourable
    from mdafilter.message import Message, Octets


class Verdict(Value):
    """What a scorer said of a message. `score` and `threshold` are on the scorer's own scale (spamd: 15.2 / 5.0)."""

    spam: bool
    score: float
    threshold: float
    symbols: tuple[str, ...] = ()
    scorer: str = "spamd"
    scanned: int = 0  # octets that were looked at, where that is less than the message; 0 is all of it


class Scored(Value):
    """A scorer's answer: the verdict (None: nobody answered, `note` says why), and the message marked with it."""

    message: Message
    verdict: Verdict | None = None
    note: str = ""


class Finding(Value):
    """What a virus scanner said of a message that it looked through."""

    virus: str = ""  # the scanner's name for what it found; "" is no known virus
    heuristic: bool = False  # whether that is a suspicion, and not a virus that it knows
    scanner: str = "clamd"


class Scanned(Value):
    """A virus scanner's answer: the finding; None: the message was not scanned, and `note` says why."""

    finding: Finding | None = None
    note: str = ""


class Ran(Value):
    """How a program ended: its exit status (None: it could not be started, or took too long), and what it wrote."""

    status: int | None
    output: Octets
    says: str = ""  # the first line of its standard error, or why it did not run


class Found(Value):
    """The line of a table that a look-up found: its key, its result, and the result's action and text (access(5))."""

    key: str
    result: str
    action: str
    text: str
    file: str
    line: int


class Listing(Protocol):
    """A list that is kept outside of the script (RFC 6134)."""

    def has(self, value: str) -> bool: ...

    def members(self) -> tuple[str, ...]:
        """RuleFailed for a list that can only be asked."""
        ...


class World(Protocol):
    """All that rules may ask of the outside."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def seen(self, kind: str, key: str) -> bool | None:
        """Whether that was met before, by another message than this one (decision.Remember). None: nobody knows."""

    def option(self, name: str) -> str:
        """A setting of the site for Sieve, by Pigeonhole's name without `sieve_`, as text; "" where there is none."""

    def environment(self, name: str) -> str | None:
        """An item of RFC 5183 (domain, host, location, name, phase, remote-host, remote-ip, version), lower case."""

    def score(self, message: Message) -> Scored:
        """Asks the scorer. Never fails for a scorer that is down, unless policy is to defer (TryAgain)."""

    def scan(self, message: Message) -> Scanned:
        """Asks the virus scanner. Never fails for a scanner that is down, unless policy is to defer (TryAgain)."""

    def run(self, command: str, given: Pourable, variables: Mapping[str, str], lock: str = "") -> Ran:
        """Runs a command of the shell with this on its standard input, and with these in its environment.

        `lock` is the path of a lock file that is there meanwhile; TryAgain where others do not give it up.
        """

    def lookup(self, table: str, kind: str, value: str, rule: str) -> Found | None:
        """Looks a "mail", "host", "address" or "list" up in the table that a rule of the file `rule` names.

        RuleFailed where the table cannot be read: that is no answer.
        """

    def external(self, name: str) -> Listing | None:
        """The list outside of the script that has this name. None: there is none. RuleFailed: it cannot be read."""

    def rules(self, path: str) -> object | None:
        """The Plan of a procmailrc that a rule wants to read. None: it is not there. RuleFailed: it is no such file."""

    def presets(self) -> Mapping[str, str]:
        """What procmailrc(5) calls variables that are preset: HOME, LOGNAME, SHELL, HOST, DEFAULT, MAILDIR, PATH."""

    def folder_of(self, path: str) -> str | None:
        """The Maildir folder that a path (absolute, or below the home) is: "INBOX" or a name; None is elsewhere."""

    def has_directory(self, path: str) -> bool:
        """Whether there is a directory at this path."""

    def has_folder(self, name: str) -> bool:
        """Whether a folder of this name exists in the mailbox (RFC 5490 mailboxexists)."""

    def folder_with_id(self, identifier: str) -> str | None:
        """The name of the folder that has this OBJECTID (RFC 8474)."""

    def folders_for(self, use: str) -> tuple[str, ...]:
        """The names of the folders that are there for this special use (RFC 6154), always in the same order."""

    def metadata(self, folder: str, name: str) -> str | None:
        """The value of an annotation (RFC 5464) of a folder, or of the server if `folder` is ""; None is NIL."""
