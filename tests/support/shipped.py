"""The shipped rules for tests: compiled from rules/ as a delivery would, and run on a message."""

from __future__ import annotations

from pathlib import Path

from mdafilter import lang
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.lang import Compiled
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.rulebook import Folders
from tests.support.scene import StillWorld

RULES = Path(__file__).resolve().parents[2] / "rules"


def rule(name: str) -> Compiled:
    """The file of rules/ with this name, compiled."""
    path = RULES / f"{name}.sieve"
    return lang.compile(path.read_bytes(), str(path), Folders((), (str(RULES),)))


def ruled(name: str, message: bytes | str, world: StillWorld | None = None) -> Decision:
    """What the file decides about the message."""
    octets = message.encode() if isinstance(message, str) else message
    scene = Scene(Message.parse(octets), Envelope("s@example.org", "r@example.net"), world or StillWorld())
    return run([rule(name).plan], scene)


def mail(header: str = "", body: str = "Hello.\n") -> str:
    """An ordinary message with this in its header; `header` may replace the Subject."""
    subject = "" if "Subject:" in header else "Subject: lunch\n"
    return f"From: Alice <alice@example.org>\nTo: bob@example.net\n{subject}{header}\n{body}"


def carrying(*parts: str) -> str:
    """A message with a text, and a part for each of these headers."""
    inner = "".join(f"--b\n{part}\n\nAAAA\n" for part in ("Content-Type: text/plain", *parts))
    return mail("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", f"{inner}--b--\n")


def named(name: str) -> str:
    """A message with an attachment of this name."""
    return carrying(f'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="{name}"')
