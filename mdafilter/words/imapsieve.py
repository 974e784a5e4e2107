"""imapsieve: scripts that run when a reader's program puts a message into a folder, or changes its flags (RFC 6785).

    require ["imapsieve", "environment", "copy"];
    if environment :is "imap.cause" ["APPEND", "COPY"] { redirect :copy "actionitems@example.com"; }

The capability has no word of its own. With it `environment` has more items (section 4):

    imap.user, imap.email   whose mailbox it is, and the address; "" while mail is delivered
    imap.cause              "APPEND", "COPY" or "FLAG"; not there while mail is delivered
    imap.mailbox            the folder that the message is in; likewise
    imap.changedflags       the flags that have changed, with blanks between them; "" unless they are the cause

and at such an event "location" is "MS", and "phase" is "post". Where events come from, and what becomes of the message
then, is mdafilter/events/; outcome.py says what the acts mean there.

In:    the Scene: whether there is an imap.cause tells an event from a delivery.
Out:   `facts`, the items of an event; `cause`.
Fails: RuleFailed of `refuse`: what a script must not do at an event. INAPPLICABLE are the capabilities of which nothing
       may be required there (section 3.11), which the compiler says (lang/sieve/vocabulary.py).
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.plan import Scene

CAPABILITY = "imapsieve"
ITEMS = "imap."  # the beginning of their names
CAUSE = "imap.cause"
STORED = {"location": "MS", "phase": "post"}  # section 4.1
INAPPLICABLE = ("reject", "ereject", "vacation", "vacation-seconds")


def facts(user: str, email: str, cause: str, mailbox: str, changed: tuple[str, ...]) -> Mapping[str, str]:
    """What a script is told of an event."""
    named = {"user": user, "email": email, "cause": cause, "mailbox": mailbox, "changedflags": " ".join(changed)}
    return {**STORED, **{f"{ITEMS}{name}": value for name, value in named.items()}}


def cause(scene: Scene) -> str:
    """Why the script runs; "" is a delivery."""
    return scene.environment(CAUSE) or ""


def refuse(scene: Scene, what: str) -> None:
    """Section 4.6: tests of the envelope "MUST NOT be permitted ..., and their use MUST generate a runtime error"."""
    if cause(scene):
        raise RuleFailed(f"{what} cannot be asked at an IMAP event: there is no envelope (RFC 6785 section 4.6)")
