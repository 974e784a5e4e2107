"""The outside of a test: mailboxes, memory, settings and the clock are those of the test file; all else is the host's.

No scorer, no virus scanner and no program that a procmailrc names is asked: a test says what the first two say. Those
of filter and execute (vnd.dovecot) are run where they lie in a folder that the test has set (sieve_filter_bin_dir).

Implements world.World. Fails: as outside.py.
"""

from __future__ import annotations

import os

from mdafilter.errors import BadFolder
from mdafilter.outside import Outside
from mdafilter.testing.store import canonical
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.imapsieve import CAUSE, STORED
from mdafilter.world import Scanned, Scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Pourable
    from mdafilter.message import Message
    from mdafilter.testing.stage import Stage
    from mdafilter.world import Found, Ran


class Inside(Outside):
    """The World of one moment of a test: envelope and settings are what they are then."""

    stage: Stage = None  # type: ignore[assignment]  # always given; those of Outside before it have defaults
    delivery: bool = False  # the script that is run is one of a delivery; the test file itself is not

    def now(self) -> float:
        """The test's own clock."""
        return self.stage.now

    def seen(self, kind: str, key: str) -> bool | None:
        """Whether this case has met it, in what it has carried out."""
        until = self.stage.met.get((kind, key))
        return until is not None and until > self.stage.now

    def environment(self, name: str) -> str | None:
        """What the test says, or else as for a delivery, or for an event of IMAP where the test has made it one.

        The test file itself looks at mail that is stored.
        """
        given = self.stage.config.environment(name)
        stored = not self.delivery or bool(self.stage.config.environment(CAUSE))
        if given is None and stored and name in STORED:
            return STORED[name]
        return super().environment(name) if given is None else given

    def option(self, name: str) -> str:
        """What the test has set, or else as for a delivery."""
        given = self.stage.config.option(name)
        if given and name.endswith("_bin_dir"):
            return os.path.join(self.stage.folder, given)  # relative to the test file, as its other paths
        return super().option(name) if given is None else given

    def program(self, kind: str, name: str) -> str:
        """Whether that of a pipe can be run is seen when it is carried out, as in other testers."""
        if kind == "pipe":
            return os.path.join(self.option("pipe_bin_dir"), name)
        return super().program(kind, name)

    def execute(self, command: tuple[str, ...], given: Pourable, environ: Mapping[str, str], seconds: float) -> Ran:
        """Runs what lies in a folder that the test has set."""
        names = [name for name in ("filter_bin_dir", "execute_bin_dir") if self.stage.config.option(name)]
        if os.path.normpath(os.path.dirname(command[0])) not in [os.path.normpath(self.option(name)) for name in names]:
            return super().execute(command, given, environ, seconds)
        from mdafilter import programs

        return programs.execute(command, given, {**os.environ, **environ}, seconds)

    def score(self, message: Message) -> Scored:
        """What the test says that it says."""
        return Scored(message, self.stage.verdict_given)

    def scan(self, message: Message) -> Scanned:
        """What the test says that it finds."""
        return Scanned(self.stage.finding_given)

    def lookup(self, table: str, kind: str, value: str, rule: str) -> Found | None:
        """In the table beside the test file, if there is one of this name."""
        beside = os.path.join(self.stage.folder, table)
        return super().lookup(beside if os.path.exists(beside) else table, kind, value, rule)

    def has_folder(self, name: str) -> bool:
        """Of the test's store."""
        try:
            return self.stage.store.has(name)
        except BadFolder:
            return False  # a name that no folder can have

    def has_directory(self, path: str) -> bool:
        """The Maildir is there, though nobody has one here."""
        return os.path.normpath(path) == self.mailbox or super().has_directory(path)

    def metadata(self, folder: str, name: str) -> str | None:
        """The value of an annotation that the test has set; of the server where `folder` is ""."""
        return self.stage.metadata.get((folder and canonical(folder), name.lower()))
