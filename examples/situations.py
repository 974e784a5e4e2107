"""The situations of examples/: a message, perhaps rules, and what must happen, as expect.toml says.

    about          one sentence
    folder         where the message must be: "INBOX", or a Maildir folder as it is named on disk (".Trash")
    why            what the reason (of the journal) must contain
    also           folders that hold a copy
    flags          Maildir flags of the message in `folder`
    rules          rule files of this folder, in the place of the shipped ones (-R)
    settings       a configuration file of this folder, read last (-c)
    home           files of this folder that lie in the home directory, by the name that they have there
    folders        folders that the user has made before
    octets         the message is made this large by more body
    without_spamd  what of this is different where no spamd answers

`deliver` puts the message through a real mdafilter-deliver as a delivery of Postfix would, and reads the result from
the Maildir and the journal; `mistakes` says what is not as expected. Only the standard library is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FILLER = b"Each line of this message is as long as this one, and there are very many of them.\n"


@dataclass(frozen=True)
class Situation:
    """One folder of examples/."""

    name: str
    message: bytes
    expect: dict[str, Any]

    def expected(self, score: dict[str, Any] | None) -> dict[str, Any]:
        """What must happen, with this answer of spamd or without one: what it calls spam is not for the inbox."""
        if score is None:
            return {**self.expect, **self.expect.get("without_spamd", {})}
        if score.get("spam") and self.expect["folder"] == "INBOX":
            return self.expect | {"folder": ".Trash", "why": score["scorer"]}
        return self.expect


@dataclass
class Mailbox:
    """A home directory with a Maildir, and who it belongs to (None: whoever runs this)."""

    home: Path
    uid: int | None = None
    gid: int | None = None
    ids: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.uid is not None:
            self.ids = {"user": self.uid, "group": self.gid, "extra_groups": []}

    @property
    def maildir(self) -> Path:
        return self.home / "Maildir"

    @property
    def journal(self) -> Path:
        return self.home / ".local" / "state" / "mdafilter" / "journal.jsonl"

    def messages(self) -> set[Path]:
        """All messages, in all folders."""
        return {p for sub in ("new", "cur") for p in self.maildir.rglob(f"{sub}/*")}

    def make(self, folder: str) -> None:
        """Makes a Maildir folder, as a mail program does."""
        top = self.maildir / f".{folder}"
        for path in (self.maildir, top, top / "cur", top / "new", top / "tmp"):
            if not path.exists():
                path.mkdir(mode=0o700)
                self.own(path)

    def configure(self, text: str) -> None:
        """Writes the user's configuration."""
        file = self.home / ".config" / "mdafilter" / "mdafilter.toml"
        file.parent.mkdir(parents=True)
        file.write_text(text)
        for path in (file, file.parent, file.parent.parent):
            self.own(path)

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Result:
    """What became of a message: exit status, output, its files by folder, and the line of the journal."""

    status: int
    output: str
    files: dict[str, list[Path]]
    entry: dict[str, Any]

    @property
    def scored(self) -> dict[str, Any] | None:
        score = self.entry.get("score")
        return score if isinstance(score, dict) else None

    @property
    def why(self) -> str:
        """The reason, for people: what matched, the rule, the score, and what was not asked."""
        acts = [a for a in self.entry.get("acts", ()) if a.get("action") != "discard"]
        reasons = [f"{a['why']} ({short(a['rule'])})" for a in acts if a.get("rule") and a.get("why")]
        reasons += [short(a["rule"]) for a in acts if a.get("rule") and not a.get("why")]
        if (score := self.scored) and not any(score["scorer"] in r for r in reasons):
            reasons.append(f"{score['scorer']} {score['score']:g}/{score['threshold']:g}")
        return "; ".join([*(reasons or ["no rule wanted it elsewhere"]), *self.entry.get("notes", ())])


def short(rule: str) -> str:
    """spam.sieve:12 for /usr/lib/.../rules/spam.sieve:12."""
    return rule.rpartition("/")[2]


def load(folder: Path) -> Situation:
    expect = tomllib.loads((folder / "expect.toml").read_text(encoding="utf-8"))
    message = (folder / "message.eml").read_bytes()
    if more := expect.get("octets", 0) - len(message):
        message += (FILLER * (more // len(FILLER) + 1))[:more] if more > 0 else b""
    return Situation(folder.name, message, expect)


def every() -> Iterator[Situation]:
    """All situations, in the order of the alphabet."""
    for file in sorted(HERE.glob("*/expect.toml")):
        yield load(file.parent)


def deliver(situation: Situation, command: list[str], mailbox: Mailbox) -> Result:
    """Delivers the message by `command` (mdafilter-deliver), as local(8) does: From line, environment, standard input.

    The files of the situation lie in the home while that runs.
    """
    folder = HERE / situation.name
    placed = [_place(mailbox, folder / name, target) for target, name in situation.expect.get("home", {}).items()]
    rules = [_place(mailbox, folder / name, name) for name in situation.expect.get("rules", ())]
    configs = [_place(mailbox, folder / name, name) for name in situation.expect.get("settings", "").split()]
    options = [word for file in rules for word in ("-R", str(file))]
    options += [word for file in configs for word in ("-c", str(file))]
    for name in situation.expect.get("folders", ()):
        mailbox.make(name)
    before, lines = mailbox.messages(), _lines(mailbox)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(mailbox.home),
        "SENDER": "sender@example.org",
        "RECIPIENT": "user@example.net",
        "LOCAL": "user",
        "DOMAIN": "example.net",
        "EXTENSION": "",
    }
    from_line = b"From sender@example.org  Sun Nov 22 09:15:02 2026\n"
    try:
        done = subprocess.run(
            [*command, *options], input=from_line + situation.message, capture_output=True, check=False,
            cwd=mailbox.home, env=environment, **mailbox.ids,
        )  # fmt: skip
    finally:
        for file in (*placed, *rules, *configs):
            file.unlink()
    files: dict[str, list[Path]] = {}
    for path in sorted(mailbox.messages() - before):
        files.setdefault(_folder(mailbox, path), []).append(path)
    new = [json.loads(line) for line in _lines(mailbox)[len(lines) :]]
    entry: dict[str, Any] = next((e for e in new if "status" in e), {})
    return Result(done.returncode, (done.stdout + done.stderr).decode(errors="replace").strip(), files, entry)


def _place(mailbox: Mailbox, source: Path, target: str) -> Path:
    path = mailbox.home / target
    shutil.copyfile(source, path)
    path.chmod(0o600)
    mailbox.own(path)
    return path


def _lines(mailbox: Mailbox) -> list[str]:
    return mailbox.journal.read_text(encoding="utf-8").splitlines() if mailbox.journal.exists() else []


def _folder(mailbox: Mailbox, file: Path) -> str:
    name = file.parent.parent.relative_to(mailbox.maildir).as_posix()
    return "INBOX" if name == "." else name


def mistakes(situation: Situation, result: Result) -> list[str]:
    """What is not as expected; nothing, if all is well."""
    expect = situation.expected(result.scored)
    wrong = []
    if result.status != 0:
        wrong.append(f"exit status {result.status}: {result.output}")
    wanted = {expect["folder"], *expect.get("also", ())}
    if set(result.files) != wanted:
        wrong.append(f"it is in {', '.join(sorted(result.files)) or 'no folder'}, not in {', '.join(sorted(wanted))}")
    if expect.get("why", "").lower() not in result.why.lower():
        wrong.append(f"the reason does not say {expect['why']!r}: {result.why}")
    for folder, files in result.files.items():
        if len(files) > 1:
            wrong.append(f"{len(files)} messages came into {folder}")
        wrong += filter(None, (changed(situation.message, file) for file in files))
    for file in result.files.get(expect["folder"], ()):
        if set(expect.get("flags", "")) - set(file.name.rpartition(",")[2]):
            wrong.append(f"{file.name} has not the flags {expect['flags']}")
    return wrong


def changed(sent: bytes, file: Path) -> str:
    """How the delivered message differs from the one that was sent: fields on top are no difference, all else is."""
    arrived = file.read_bytes()
    if arrived.endswith(sent):
        return ""
    return f"{file} does not end with the {len(sent)} octets that were sent"
