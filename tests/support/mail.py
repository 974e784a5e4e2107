"""A mailbox into which the real pipeline delivers, with a rule that files some of it into Trash."""

from __future__ import annotations

from pathlib import Path

from mdafilter import journal, pipeline
from mdafilter.journal import Journal
from mdafilter.lang.sieve import compile
from mdafilter.message import Envelope, Octets
from mdafilter.pipeline import Setup
from mdafilter.rulebook import Rulebook
from mdafilter.settings import Settings
from mdafilter.targets import Options
from tests.support.scene import StillWorld

RULES = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "pills" { fileinto :create "Trash"; }'


class Mail:
    """The home of a user, with Maildir and journal where they usually are."""

    def __init__(self, home: Path) -> None:
        self.home, self.root, self.count = home, home / "Maildir", 0
        self.journal = journal.default_path({}, str(home))

    def deliver(self, subject: str = "pills", label: bool = True, more: str = "") -> Path:
        """A message; returns its file. `more` are fields above its own."""
        self.count += 1
        text = f"{more}From: <a@example.net>\nMessage-ID: <{self.count}@example.org>\nSubject: {subject}\n\nbody\n"
        plan = compile(RULES.encode(), "spam.sieve").plan
        log = Journal(self.journal, syslog=False)
        setup = Setup(Settings(delivery=Options(label=label)), Rulebook((plan,)), str(self.root), str(self.home), log)
        envelope = Envelope("s@example.net", "ann", user="ann")
        done = pipeline.deliver(Octets.of(text.encode()), envelope, setup, StillWorld())
        return Path(done.receipts[0].path)
