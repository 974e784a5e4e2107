"""A scene for tests: a message, an envelope, and a World that answers from what the test says."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mdafilter import programs
from mdafilter.errors import RuleErrors, RuleFailed
from mdafilter.files import Pourable
from mdafilter.lang import procmail
from mdafilter.lang.tables import access
from mdafilter.lists import Members
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.sieving import Options, option
from mdafilter.world import Found, Listing, Ran, Scanned, Scored, Verdict

NOTHING = b"From: a@example.org\nSubject: hello\n\nbody\n"


class StillWorld:
    """Implements world.World without any outside."""

    def __init__(
        self,
        verdict: Verdict | None = None,
        environment: Mapping[str, str] | None = None,
        folders: tuple[str, ...] = (),
        note: str = "",
        scanned: Scanned | None = None,
        tables: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        met: set[tuple[str, str]] | None = None,
        options: Mapping[str, str] | None = None,
        lists: Mapping[str, tuple[str, ...]] | None = None,
        ids: Mapping[str, str] | None = None,
        uses: Mapping[str, tuple[str, ...]] | None = None,
        annotations: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.lists = lists or {}
        self.ids = ids or {}
        self.uses = uses or {}
        self.annotations = annotations or {}
        self.options = {name: option(Options(), name) for name in Options._fields} | dict(options or {})
        self.met = met or set()
        self.files = files or {}
        self.verdict = verdict
        self.items = environment or {}
        self.folders = folders
        self.note = note
        self.scanned = scanned or Scanned()
        self.tables = {name: access.parse(text.encode(), name) for name, text in (tables or {}).items()}
        self.asked = 0
        self.asked_for_viruses = 0

    def now(self) -> float:
        return 1_800_000_000.0

    def seen(self, kind: str, key: str) -> bool | None:
        return (kind, key) in self.met

    def option(self, name: str) -> str:
        return self.options.get(name, "")

    def environment(self, name: str) -> str | None:
        return self.items.get(name)

    def score(self, message: Message) -> Scored:
        self.asked += 1
        return Scored(message, self.verdict, self.note)

    def scan(self, message: Message) -> Scanned:
        self.asked_for_viruses += 1
        return self.scanned

    def has_directory(self, path: str) -> bool:
        return os.path.basename(path) not in ("none", "a")

    def has_folder(self, name: str) -> bool:
        return name in self.folders

    def external(self, name: str) -> Listing | None:
        return Members(iter(self.lists[name])) if name in self.lists else None

    def folder_with_id(self, identifier: str) -> str | None:
        return self.ids.get(identifier)

    def folders_for(self, use: str) -> tuple[str, ...]:
        return self.uses.get(use.lower(), ())

    def metadata(self, folder: str, name: str) -> str | None:
        return self.annotations.get((folder, name))

    def run(self, command: str, given: Pourable, variables: Mapping[str, str], lock: str = "") -> Ran:
        """Really runs it: what is still here is the outside that costs, not the shell."""
        return programs.run(command, given, variables, "/tmp", lock)

    def lookup(self, table: str, kind: str, value: str, rule: str) -> Found | None:
        if table not in self.tables:
            raise RuleFailed(f"the table {table} cannot be read: it is not there")
        entry = self.tables[table].find(kind, value, "+")
        return Found(entry.key, entry.result, *access.named(entry.result), table, entry.line) if entry else None

    def rules(self, path: str) -> object | None:
        text = self.files.get(path)
        try:
            return None if text is None else procmail.included(text.encode(), path)
        except RuleErrors as wrong:
            raise RuleFailed(str(wrong.problems[0])) from None

    def presets(self) -> Mapping[str, str]:
        return {
            "HOME": "/home/ann",
            "MAILDIR": "/home/ann",
            "DEFAULT": "/home/ann/Maildir/",
            "LOGNAME": "ann",
            "$#": "0",
        }

    def folder_of(self, path: str) -> str | None:
        whole = os.path.normpath(path)
        for root in ("/home/ann/Maildir", "/home/ann/.maildir"):
            if whole == root:
                return "INBOX"
            if os.path.dirname(whole) == root and os.path.basename(whole).startswith("."):
                return os.path.basename(whole)[1:]
        return None


def scene(
    message: bytes = NOTHING,
    *,
    world: StillWorld | None = None,
    sender: str = "s@example.org",
    recipient: str = "r@example.net",
) -> Scene:
    """A scene on these octets."""
    return Scene(Message.parse(message), Envelope(sender, recipient), world or StillWorld())
