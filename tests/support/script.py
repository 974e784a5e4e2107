"""Sieve scripts for tests: compile, run on a message, and see what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mdafilter.acts import File, Keep
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.lang import Compiled, sieve
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from tests.support.scene import NOTHING, StillWorld

if TYPE_CHECKING:
    from mdafilter.acts import Act


class Shelf:
    """A Library of scripts that a test writes down: (location, name) -> text."""

    def __init__(self, scripts: Mapping[tuple[str, str], str]) -> None:
        self.scripts = scripts

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        text = self.scripts.get((location, name))
        return None if text is None else (f"{location}/{name}.sieve", text.encode())


def compiled(script: str, scripts: Mapping[tuple[str, str], str] | None = None) -> Compiled:
    """The script compiled; RuleErrors if it does not."""
    return sieve.compile(script.encode(), "test.sieve", Shelf(scripts or {}))


def decide(
    script: str,
    message: bytes = NOTHING,
    world: StillWorld | None = None,
    scripts: Mapping[tuple[str, str], str] | None = None,
) -> Decision:
    """What the script decides about the message."""
    scene = Scene(Message.parse(message), Envelope("s@example.org", "r@example.net"), world or StillWorld())
    return run([compiled(script, scripts).plan], scene)


def acts(decision: Decision) -> list[Act]:
    """The acts of a decision."""
    return [decided.act for decided in decision.decided]


def folders(decision: Decision) -> list[str]:
    """Where the message goes; "INBOX" for keep."""
    return [act.folder if isinstance(act, File) else "INBOX" for act in acts(decision) if isinstance(act, File | Keep)]


def delivered(decision: Decision) -> bytes:
    """The first message that is delivered, as it would be written."""
    message = decision.decided[0].message
    pieces = [p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in message.pieces()]
    return b"".join(pieces)
