"""reject, ereject: the message is refused, with a reason that the sender gets to read (RFC 5429).

    reject "No mail from you, please.";
    ereject text:
    This address takes no attachments.
    .
    ;

What happens: over LMTP the message gets a 550 5.7.1 reply with the reason, line by line (section 2.1.1, 2.5). Run by
Postfix as a command, mdafilter prints "5.7.1 REASON" and exits with 77, and Postfix puts that into its bounce (section
2.1, way 2).

Both words do the same. Section 2.2 would have `reject` answer by an MDN of its own where the reason is not pure ASCII;
we never send one, because refusal in the protocol makes the least backscatter. For the same reason `reject` is no cure
for spam: by the time a delivery agent runs, Postfix has accepted the message, and the bounce goes to whoever the
sender claims to be. File spam away, and refuse it in the SMTP stage.

A refused message is delivered nowhere, so a script that also keeps or files it fails, and the message is kept
(section 2.4); so does a second reject. The engine sees to both.

Fails: never here. What cannot stand in a reply (non-ASCII) is replaced when the reply is written, and of a long reason
       limits.REPLY_CHARACTERS are.
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
        return (Reject(scene.expand(self.reason).strip(), self.status),)

    def describe(self) -> str:
        return f"{self.word} {quoted(self.reason)}"


def build(use: Use) -> Refusal:
    return Refusal(use.text(0), use.name)


WORDS = (
    Word("reject", "action", build, ("string",), requires=("reject",)),
    Word("ereject", "action", build, ("string",), requires=("ereject",)),
)
