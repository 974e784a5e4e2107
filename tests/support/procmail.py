"""procmailrc and tables for tests: compile, run on a message of spam, and see what is decided."""

from __future__ import annotations

from mdafilter import lang
from mdafilter.decision import Decision
from mdafilter.engine import run
from tests.support.scene import scene

SPAM = b"""\
From: "Best Offers" <offers@pills.example>
To: ann@example.net
Subject: *****SPAM***** Cheap viagra for you

Buy now.
"""


def decide(rules: str, name: str = "test.procmailrc", message: bytes = SPAM) -> Decision:
    """What rules of the language that the name tells decide about the message."""
    return run([lang.compile(rules.encode(), name).plan], scene(message))
