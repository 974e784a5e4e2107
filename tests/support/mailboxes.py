"""Mailboxes as tests look at them: what is delivered, and what lies about as a draft.

Beside the Maildir a home may have an MH folder `mh`, a directory `plain` and an mbox file `box`.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdafilter.acts import Box, File
from mdafilter.decision import Decided, Decision
from mdafilter.message import Envelope, Message, Octets
from mdafilter.perform import Mailbox
from mdafilter.targets import Parcel
from mdafilter.targets.naming import Naming, identity
from mdafilter.texts import Where

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    found = elsewhere(home)
    for folder in folders(home):
        files = sorted(p for part in ("new", "cur") for p in folder.glob(f"{part}/*"))
        if files:
            found[folder.name if folder.name != "Maildir" else ""] = [p.read_bytes() for p in files]
    return found


def elsewhere(home: Path) -> dict[str, list[bytes]]:
    """The same for mailboxes that are no folder of the Maildir."""
    files = {"mh": home.glob("mh/[0-9]*"), "plain": home.glob("plain/msg.*")}
    found = {name: [path.read_bytes() for path in sorted(paths)] for name, paths in files.items()}
    if (home / "box").is_file():
        found["box"] = in_mbox((home / "box").read_bytes())
    return {name: contents for name, contents in found.items() if contents}


def in_mbox(content: bytes) -> list[bytes]:
    """The messages of an mbox file, without their From and empty lines."""
    before, *messages = re.split(rb"(?m)^From .*\n", content)
    return ([before] if before else []) + [one.removesuffix(b"\n") for one in messages]


def whole(home: Path, killed: bool = False) -> dict[str, int]:
    """How many messages each folder has; all of them are complete.

    `killed`: a half message at the end of the mbox file is not counted. The next try cuts it off.
    """
    found = delivered(home)
    if killed and "box" in found and not found["box"][-1].endswith(b"\n\n" + BODY):
        del found["box"][-1]
    for contents in found.values():
        assert all(c.endswith(b"\n\n" + BODY) for c in contents)
    return {folder: len(contents) for folder, contents in found.items() if contents}


def where(act: Act) -> str:
    """The mailbox of an act, as `delivered` names it."""
    match act:
        case File(folder=folder):
            return f".{folder}"
        case Box(path=path):
            return path.removesuffix("/.")
        case _:
            return ""


def within(home: Path, acts: Iterable[Act]) -> list[Act]:
    """The acts, with the paths of mailboxes below the home."""
    return [act.replace(path=f"{home}/{act.path}") if isinstance(act, Box) else act for act in acts]


def drafts(home: Path) -> list[str]:
    """What lies in the tmp/ of any folder, and the drafts in folders that have none."""
    lying = [path for folder in folders(home) for path in folder.glob("tmp/*")]
    hidden = [path for name in ("mh", "plain") for path in home.glob(f"{name}/.draft.*")]
    return sorted([f"{p.parent.parent.name}/{p.name}" for p in lying] + [f"{p.parent.name}/{p.name}" for p in hidden])


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
