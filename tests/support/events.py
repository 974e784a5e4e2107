"""A Maildir whose reader does something, and the scripts that run then."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mdafilter.delivery import Account
from mdafilter.events import scripts_of
from mdafilter.settings import Settings
from mdafilter.sieving import Options
from mdafilter.targets import Options as DeliveryOptions
from mdafilter.train.watch import Watcher
from tests.support.folders import Maildir, Spool

HEAD = 'require ["imapsieve", "environment", "fileinto", "mailbox", "copy", "imap4flags", "variables", "editheader"];\n'


class Reader:
    """The Maildir of "alice", and what she does with it; her script "own" runs at each event of Lists."""

    def __init__(self, top: Path, script: str, settings: Settings | None = None) -> None:
        self.top = top
        self.maildir = Maildir(top)
        self.said: list[str] = []
        chosen = settings or Settings()
        journal = chosen.journal.replace(path=self.maildir.log, syslog=False)
        self.settings = chosen.replace(journal=journal, user_rules_dir=str(top / "sieve"))
        self.write("own", HEAD + script)
        self.annotate({"Lists": "own"})
        self.watcher = self.watching()

    def write(self, name: str, script: str) -> Path:
        """A script of hers."""
        path = self.top / "sieve" / f"{name}.sieve"
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
        path.chmod(0o600)
        return path

    def annotate(self, scripts: Mapping[str, str]) -> None:
        """Which script runs at the events of which folder; "" is the server."""
        tables = (
            f'["{name}"]\nmetadata = {{ "/shared/imapsieve/script" = "{script}" }}\n'
            for name, script in scripts.items()
        )
        path = self.maildir.root / "mailboxes.toml"
        path.with_suffix(".new").write_text("".join(tables))
        path.with_suffix(".new").chmod(0o600)
        path.with_suffix(".new").rename(path)

    def watching(self, spool: Spool | None = None) -> Watcher:
        """A watcher that has taken stock."""
        task = self.maildir.task()
        account = Account("alice", str(self.top))
        scripts = scripts_of(self.settings, account, task, self.said.append)
        made = Watcher(task, (spool or Spool()).write, scripts=scripts)
        made.round()
        return made

    def again(self) -> None:
        """The watcher has ended, and another one begins."""
        self.watcher.close()
        self.watcher = self.watching()

    def look(self) -> None:
        """A look, and all that follows from it; another one finds nothing more."""
        for _ in range(2):
            self.watcher.round()
            while self.watcher.attend():
                pass

    def put(self, folder: str, subject: str = "x", letters: str | None = None, more: str = "") -> Path:
        """A client appends a message, as Dovecot stores it."""
        number = time.time_ns()
        name = f"{number // 10**9}.M{number // 1000 % 10**6}P{number % 1000}.host,S=99"
        where = "new" if letters is None else "cur"
        path = self.maildir.at(folder) / where / (name if letters is None else f"{name}:2,{letters}")
        path.write_text(
            f"From: ann@example.org\nMessage-ID: <{number}@x>\nSubject: {subject}\n{more}\nbody of {number}\n"
        )
        os.utime(path, (1_500_000_000, 1_500_000_000))
        return path

    def flags(self, path: Path) -> str:
        """Those of the message that was here, wherever in the folder it is now."""
        stem = path.name.partition(":2,")[0]
        (found,) = [p for p in self.files(path.parent.parent) if p.name.partition(":2,")[0] == stem]
        return found.name.partition(":2,")[2]

    def files(self, folder: str | Path) -> list[Path]:
        """All messages of a folder."""
        where = self.maildir.at(folder) if isinstance(folder, str) else folder
        return sorted(p for part in ("new", "cur") if (where / part).is_dir() for p in (where / part).iterdir())

    def journal(self) -> list[dict[str, Any]]:
        """What the journal says of events."""
        path = Path(self.maildir.log)
        lines = path.read_text().splitlines() if path.exists() else []
        return [entry for entry in map(json.loads, lines) if entry.get("status") == "event" or "event" in entry]


def settings(*lines: str, sendmail: str = "") -> Settings:
    """Of a site that has these lines of imapsieve."""
    made = Settings(sieve=Options(imapsieve=lines))
    return made.replace(delivery=DeliveryOptions(sendmail=sendmail)) if sendmail else made
