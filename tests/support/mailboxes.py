"""Maildirs as tests look at them: what is delivered, and what lies about in tmp/."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdafilter.decision import Decided, Decision
from mdafilter.message import Envelope, Message, Octets
from mdafilter.perform import Mailbox
from mdafilter.targets import Parcel
from mdafilter.targets.naming import Naming, identity
from mdafilter.texts import Where

if TYPE_CHECKING:
    from mdafilter.acts import Act

ENVELOPE = Envelope(sender="sender@example.test", recipient="alice@example.test", user="alice")
BODY = b"The quick brown fox\njumps over a lazy dog.\n" * 20
AT = Where("/home/alice/.mdafilter.sieve", 12)


def message(number: int = 1, body: bytes = BODY) -> Message:
    head = f"Received: by mx.example.test; {number}\nFrom: sender@example.test\nSubject: number {number}\n\n"
    return Message.parse(head.encode() + body)


def spooled(about: Message, folder: Path) -> Message:
    """The same message, as a large one comes in: in a file of ours that has no name. The caller closes it."""
    fd = os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600)
    about.write_to(fd)
    return Message.parse(Octets.map(fd, nameless=True))


def decision(about: Message, *acts: Act) -> Decision:
    return Decision(tuple(Decided(act, about, AT, 'header :contains "subject" "number"') for act in acts))


def mailbox(home: Path, sendmail: str = "/usr/sbin/sendmail") -> Mailbox:
    return Mailbox(str(home / "Maildir"), sendmail)


def folders(home: Path) -> list[Path]:
    root = home / "Maildir"
    return [root, *sorted(p for p in root.glob(".*") if p.is_dir())] if root.is_dir() else []


def delivered(home: Path) -> dict[str, list[bytes]]:
    """The contents of all delivered files by folder ("" is the inbox); folders without any are left out."""
    found: dict[str, list[bytes]] = {}
    for folder in folders(home):
        files = sorted(p for part in ("new", "cur") for p in folder.glob(f"{part}/*"))
        if files:
            found[folder.name if folder.name != "Maildir" else ""] = [p.read_bytes() for p in files]
    return found


def drafts(home: Path) -> list[str]:
    """What lies in the tmp/ of any folder."""
    return sorted(f"{p.parent.parent.name}/{p.name}" for folder in folders(home) for p in folder.glob("tmp/*"))


def written(about: Message) -> bytes:
    """The octets that the message writes."""
    fd = os.memfd_create("message")
    try:
        size = about.write_to(fd)
        return os.pread(fd, size + 1, 0)
    finally:
        os.close(fd)


def parcel(home: Path, act: Act, about: Message | None = None, **changes: Any) -> Parcel:
    """One act, as perform hands it to a target."""
    about = about or message()
    one = Parcel(
        decided=Decided(act, about, AT, 'header :contains "subject" "number"'),
        envelope=ENVELOPE,
        mailbox=mailbox(home),
        key=identity(about.octets, ENVELOPE),
        until=time.monotonic() + 60,
        naming=Naming.here(),
    )
    return one.replace(**changes)
