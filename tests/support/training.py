"""A place to train in: a spool, a ledger, mail that was received, a teacher that remembers, and time that stands still."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mdafilter.settings import Settings
from mdafilter.teaching import Options
from mdafilter.train import Report, door, spool
from mdafilter.train.bare import local
from mdafilter.train.found import Mail
from mdafilter.train.learn import Done, Outside, batch
from mdafilter.train.ledger import Ledger, Line
from mdafilter.train.teachers import Counts, Taught
from tests.support.salearn import message

BOB = {
    "sender": "bob@example.org",
    "recipient": "spam@example.org",
    "sasl_username": "bob",
    "client_address": "192.0.2.1",
}


class Pupil:
    """A teacher that does what sa-learn does, in memory. Each call is in `calls`; `down` is why it fails."""

    def __init__(self) -> None:
        self.sides: dict[bytes, str] = {}
        self.calls: list[tuple[str, int]] = []
        self.down = ""

    def learn(self, verdict: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        self.calls.append((verdict, len(items)))
        return {id: self._one(verdict, raw) for id, raw in items}

    def _one(self, verdict: str, raw: bytes) -> Taught:
        if self.down:
            return Taught("failed", self.down)
        before, side = self.counts(), self.sides.get(raw)
        self.sides[raw] = verdict
        result = "learned" if side is None else "known" if side == verdict else "changed"
        return Taught(result, "", before, self.counts())

    def forget(self, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        return {id: Taught("forgotten" if self.sides.pop(raw, "") else "refused") for id, raw in items}

    def counts(self) -> Counts:
        sides = list(self.sides.values())
        return Counts(sides.count("spam"), sides.count("ham"))


class School:
    """A folder with all that the learner needs. Everything in the spool came from a door: the user of this process."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        self.options = Options(spool=f"{folder}/spool", state=f"{folder}/state", door_users=(str(os.geteuid()),))
        self.options = self.options.replace(**options)
        self.settings = Settings(train=self.options, maildir=f"{folder}/mail/%n", hostname="mx.example.net")
        spool.make(self.options.spool)
        self.ledger = Ledger(f"{folder}/state/ledger.db")
        self.pupils: dict[tuple[str, str], Pupil] = {}
        self.teachers: tuple[str, ...] = ("sa-learn",)
        self.ahead = 0.0
        self.letters: list[tuple[str, bytes]] = []

    @property
    def pupil(self) -> Pupil:
        """The teacher of the site."""
        return self.teacher("sa-learn", "site")

    def teacher(self, name: str, database: str) -> Pupil:
        return self.pupils.setdefault((name, database), Pupil())

    def receives(self, user: str, raw: bytes) -> None:
        """The message is in the user's Maildir."""
        new = self.folder / "mail" / user / "new"
        new.mkdir(parents=True, exist_ok=True)
        (new / f"17952552{len(list(new.iterdir())):02}.1.host").write_bytes(raw)

    def report(
        self,
        raw: bytes,
        verdict: str = "spam",
        facts: Mapping[str, str] | None = None,
        source: str = "alias",
        uid: int | None = None,
    ) -> str:
        """Puts a report into the spool; root can do it as another user."""
        name = door.write(self.options.spool, Report(verdict, source, BOB if facts is None else facts, raw))
        if uid is not None:
            os.chown(f"{self.options.spool}/{name}", uid, uid)
        return name

    def learn(self) -> Done:
        """One batch."""
        return batch(self.settings, self.ledger, self.outside())

    def outside(self) -> Outside:
        import time

        return Outside(
            self.teachers,
            self.teacher,
            lambda user: Mail((), (f"{self.folder}/mail/{user}",), user),
            lambda uid: str(uid) if uid == os.geteuid() else f"user{uid}",
            local(("mx.example.net",)),
            lambda: time.time() + self.ahead,
            self._send,
        )

    def _send(self, recipient: str, letter: bytes) -> str:
        self.letters.append((recipient, letter))
        return ""

    def lines(self) -> list[Line]:
        """All of the ledger, the oldest first."""
        return list(reversed(self.ledger.lines(limit=10_000)))

    def results(self) -> list[str]:
        return [line.result for line in self.lines()]

    def waiting(self) -> list[str]:
        return sorted(os.listdir(self.options.spool))


def forward(*originals: bytes) -> bytes:
    """A forward with the messages attached."""
    parts = b"".join(b"--b\nContent-Type: message/rfc822\n\n" + raw + b"\n" for raw in originals)
    head = b"From: bob@example.org\nTo: spam@example.org\nSubject: Fwd: look\nMessage-ID: <fwd@example.org>\n"
    return head + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + parts + b"--b--\n"


def mail(number: int) -> bytes:
    """A message that bob may have received, told from those of other numbers."""
    return message(number).replace(b"<1@example.org>", b"<%d@example.org>" % number)
