"""reject, ereject: the message is refused, with a reason that the sender gets to read (RFC 5429).

    reject "No mail from you, please.";
    ereject text:
    This address takes no attachments.
    .
    ;

What happens: over LMTP the message gets a 550 5.7.1 reply with the reason, line by line (section 2.1.1, 2.5). Run by
Postfix as a command, mdafilter prints "5.7.1 REASON" and exits with 77, and Postfix puts that into its bounce (section
2.1, way 2), in UTF-8.

Both words do the same, but for a reason that is not US-ASCII over LMTP, where the client does not take UTF-8 (RFC 6531;
Postfix says that it does for messages that need it). The reply to an `ereject` is then written in US-ASCII, as far as
that is possible (section 2.1.1; serve/lmtp/reply.py). `reject` would "always favor preserving the exact text" (section
2.2): the message is taken, and the sender gets the reason in an MDN (disposition.py). That is a letter in the place of
the bounce that Postfix would make of a 550, so there is no more backscatter. The null sender gets none, but the 550.

`reject` is no cure for spam: by the time a delivery agent runs, Postfix has accepted the message, and the bounce goes
to whoever the sender claims to be. File spam away, and refuse it in the SMTP stage.

A refused message is delivered nowhere, so a script that also keeps or files it fails, and the message is kept
(section 2.4); so does a second reject. The engine sees to both.

Fails: RuleFailed for a reason that is too long for a letter. Of a long one limits.REPLY_CHARACTERS are in a reply.
       An MDN that cannot be sent now makes the delivery come again; one that sendmail refuses becomes a 550.
"""

from __future__ import annotations

from mdafilter.acts import Reject
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class Refusal(Value):
    """Refuse with `reason`. `word` is how the script spells it; `status` as in acts.Reject."""

    reason: Text
    word: str = "reject"
    status: str = "5.7.1"

    def acts(self, scene: Scene) -> Sequence[Act]:
        reason = scene.expand(self.reason).strip()
        if self.word != "reject" or reason.isascii() or scene.envelope.utf8 or not scene.envelope.sender:
            return (Reject(reason, self.status),)
        from mdafilter.words import disposition  # only who needs it pays for it

        return (disposition.letter(scene, reason), Reject(reason, self.status, told=True))

    def describe(self) -> str:
        return f"{self.word} {quoted(self.reason)}"


def build(use: Use) -> Refusal:
    return Refusal(use.text(0), use.name)


WORDS = (
    Word("reject", "action", build, ("string",), requires=("reject",)),
    Word("ereject", "action", build, ("string",), requires=("ereject",)),
)
