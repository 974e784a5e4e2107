"""A site's folder of programs: shell scripts that a test writes down."""

from __future__ import annotations

from pathlib import Path

from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.script import compiled

EXTENSIONS = ("pipe", "filter", "execute")
ENVELOPE = Envelope("s@example.org", "r@example.net", "o@example.net")
MAIL = b"From: a@example.org\nSubject: hello\n\nbody\n"
REQUIRE = (
    'require ["vnd.dovecot.pipe", "vnd.dovecot.filter", "vnd.dovecot.execute", "copy", "variables", "fileinto",'
    ' "foreverypart", "mime", "editheader", "include"];\n'
)


def program(folder: Path, name: str, script: str, mode: int = 0o755) -> Path:
    """Writes the script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)
    return path


def world(folder: Path, **options: str) -> StillWorld:
    """One whose site lets scripts run the programs of the folder."""
    return StillWorld(options={f"{name}_bin_dir": str(folder) for name in EXTENSIONS} | options)


def scene(folder: Path, message: bytes = MAIL, /, **options: str) -> Scene:
    """A scene in such a world."""
    return Scene(Message.parse(message), ENVELOPE, world(folder, **options))


def decided(folder: Path, script: str, message: bytes = MAIL, /, **options: str) -> Decision:
    """What the script decides there."""
    return run([compiled(REQUIRE + script).plan], scene(folder, message, **options))
